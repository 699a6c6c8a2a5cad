/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keep clients in a queue per stage, and disconnect those that exceed their limit. */
#include "statusd/clients.h"

#include "sys/clock.h"

#include <stdlib.h>

#define PENDING_MAX (4u << 20)

/* The lower limits hold while the server is full. */
static const struct {
	uint64_t limit_ms, full_limit_ms;
} limits[CLIENT_STAGES] = {
	[CLIENT_ASKS] = { 10000, 500 },
	[CLIENT_IS_ANSWERED] = { 30000, 1000 },
};

static void leave_queue(struct clients *clients, struct client *client)
{
	struct client_queue *queue;

	if (client->stage == CLIENT_LEAVES)
		return;
	queue = &clients->queues[client->stage];
	*(client->prev ? &client->prev->next : &queue->first) = client->next;
	*(client->next ? &client->next->prev : &queue->last) = client->prev;
	client->prev = client->next = NULL;
	client->stage = CLIENT_LEAVES;
}

void clients_enter(struct clients *clients, struct client *client,
		   enum client_stage stage)
{
	struct client_queue *queue = &clients->queues[stage];

	leave_queue(clients, client);
	client->stage = stage;
	client->since_ms = clock_now_ms();
	client->prev = queue->last;
	*(queue->last ? &queue->last->next : &queue->first) = client;
	queue->last = client;
}

struct client *clients_add(struct clients *clients, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	clients->count++;
	if (!client) {
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	client->fd = fd;
	client->stage = CLIENT_LEAVES;
	clients_enter(clients, client, CLIENT_ASKS);
	return client;
}

void clients_remove(struct clients *clients, struct client *client)
{
	if (client)
		leave_queue(clients, client);
	free(client);
	clients->count--;
	clients->last_ms = clock_now_ms();
}

bool clients_are_full(const struct clients *clients)
{
	return clients->count + clients->coming >= CLIENTS_MAX;
}

bool clients_lag(const struct clients *clients)
{
	return clients->pending_bytes > PENDING_MAX;
}

static uint64_t limit_ms(const struct clients *clients, enum client_stage stage)
{
	return clients_are_full(clients) || clients_lag(clients)
		       ? limits[stage].full_limit_ms
		       : limits[stage].limit_ms;
}

void clients_send_overdue_away(struct clients *clients)
{
	uint64_t now = clock_now_ms();

	for (enum client_stage stage = 0; stage < CLIENT_STAGES; stage++) {
		uint64_t limit = limit_ms(clients, stage);
		struct client *client;

		while ((client = clients->queues[stage].first) &&
		       now - client->since_ms >= limit) {
			leave_queue(clients, client);
			/* It fails if the client has left already. */
			(void)shutdown(client->fd, SHUT_RDWR);
		}
	}
}

uint64_t clients_next_due_ms(const struct clients *clients, uint64_t latest_ms)
{
	uint64_t due = latest_ms;

	for (enum client_stage stage = 0; stage < CLIENT_STAGES; stage++) {
		const struct client *first = clients->queues[stage].first;
		uint64_t limit = limit_ms(clients, stage);

		if (first && first->since_ms + limit < due)
			due = first->since_ms + limit;
	}
	return due;
}
