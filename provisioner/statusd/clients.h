/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients of rapiddisk-statusd: a queue for each stage of a request, and the limits by
 * which overdue clients are disconnected. No HTTP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CLIENTS_MAX 512

enum client_stage {
	CLIENT_ASKS,
	CLIENT_IS_ANSWERED,
	CLIENT_STAGES,
	CLIENT_LEAVES = CLIENT_STAGES
};

/* A connection. In the queue of its stage, oldest first, unless it leaves. */
struct client {
	struct client *prev, *next;
	enum client_stage stage;
	uint64_t since_ms;
	int fd;
};

struct client_queue {
	struct client *first, *last;
};

struct clients {
	struct client_queue queues[CLIENT_STAGES];
	unsigned int count;
	/* Handed over to libmicrohttpd 1.0, which reports them only as it runs. */
	unsigned int coming;
	size_t pending_bytes; /* of answers that the clients have not received */
	uint64_t last_ms;     /* when the last client left */
};

/*
 * clients_add() - Count a new connection and queue it.
 * Return: the client; NULL without memory, and @fd is shut down.
 */
struct client *clients_add(struct clients *clients, int fd);
/* clients_remove() - Free a client whose connection ended. @client may be NULL. */
void clients_remove(struct clients *clients, struct client *client);

/* clients_enter() - Move to the end of a stage's queue and restart the client's time. */
void clients_enter(struct clients *clients, struct client *client,
		   enum client_stage stage);

/* clients_are_full() - True if no further connection may be accepted. */
bool clients_are_full(const struct clients *clients);
/* clients_lag() - True if too many bytes of answers are pending. */
bool clients_lag(const struct clients *clients);

/*
 * clients_send_overdue_away() - Shut down clients that exceed the time limit of their
 * stage, which is shorter while the server is full. libmicrohttpd then ends the connection.
 */
void clients_send_overdue_away(struct clients *clients);
/* clients_next_due_ms() - Return: when the next limit ends; @latest_ms if that is earlier. */
uint64_t clients_next_due_ms(const struct clients *clients, uint64_t latest_ms);
