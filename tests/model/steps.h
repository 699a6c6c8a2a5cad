/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All steps of the model. */
#pragma once

#include "walk.h"

/* read_steps() - Visit the next states by a step of a read, actor @i. */
void read_steps(struct walk *walk, uint8_t i);

/* write_steps() - Visit the next states by a step of a write, actor @i. */
void write_steps(struct walk *walk, uint8_t i);

/* other_steps() - Visit the next states by evictions, messages and a suspend. */
void other_steps(struct walk *walk);
