/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notification of the service manager. */
#pragma once

/*
 * notify_ready() - Tell the service manager that the unit has started, as sd_notify(3) does.
 * Only the first call does anything, and none outside a unit.
 */
void notify_ready(void);
