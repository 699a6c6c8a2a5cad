/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plan the removals, order the steps, and block a step that needs too much RAM. */
#include "engine/planner.h"

#include "base/units.h"
#include "engine/judge.h"
#include "kind/kinds.h"

#define MARGIN_MIN (64ull << 20)

struct planner {
	const struct model *desired, *observed;
	const struct plan_policy *policy;
	struct plan *plan;
	uint64_t committed; /* RAM in use, or promised by a planned step; bytes */
	bool is_blocked;    /* a step is blocked */
};

uint64_t planner_margin(uint64_t ram_bytes)
{
	uint64_t tenth = ram_bytes / 10;

	return tenth > MARGIN_MIN ? tenth : MARGIN_MIN;
}

static uint64_t memory_of(const struct obj *obj)
{
	const struct kind *kind = kind_of(obj->class);

	return kind->policy.memory ? kind->policy.memory(obj) : 0;
}

/* Return the RAM that the step takes in addition. */
static uint64_t more_memory(const struct plan_step *step)
{
	uint64_t want = memory_of(step->want),
		 have = step->have ? memory_of(step->have) : 0;

	if (step->action != PLAN_CREATE && step->action != PLAN_UPDATE &&
	    step->action != PLAN_REPLACE)
		return 0;
	return want > have ? want - have : 0;
}

static int judge_memory(struct planner *p, struct plan_step *step)
{
	uint64_t ram = p->policy->ram_bytes, margin = planner_margin(ram);
	uint64_t limit = ram > margin ? ram - margin : 0;
	uint64_t left = limit > p->committed ? limit - p->committed : 0;
	uint64_t more = more_memory(step);
	char need[UNITS_SIZE_MAX], have[UNITS_SIZE_MAX], all[UNITS_SIZE_MAX],
		kept[UNITS_SIZE_MAX];

	if (more <= left) {
		p->committed += more;
		return 0;
	}
	return judge_block(step,
			   "needs %s of RAM, but %s is available; of %s, %s is "
			   "reserved",
			   units_format_size_approx(more, need),
			   units_format_size_approx(left, have),
			   units_format_size_approx(ram, all),
			   units_format_size_approx(margin, kept));
}

/* Append the step, or free it if judging failed (@r). */
static int add_step(struct planner *p, struct plan_step *step, int r)
{
	if (r == 0)
		r = vec_push(&p->plan->steps, *step);
	p->is_blocked |= step->blocked != NULL;
	if (r < 0) {
		free(step->blocked);
		free(step->loss);
	}
	return r;
}

/* Return the step of a blocked module that @want needs, or NULL. Modules come first. */
static const struct plan_step *find_blocked_module(const struct planner *p,
						   const struct obj *want)
{
	vec_foreach (step, &p->plan->steps) {
		if (step->blocked && step->want && step->want->class == &module_class &&
		    kind_needs_module(want, obj_name(step->want)))
			return step;
	}
	return NULL;
}

/* Block what needs a blocked module, as exec_run() would skip it. */
static int judge_module(const struct planner *p, struct plan_step *step)
{
	const struct plan_step *module =
		step->action == PLAN_NONE || step->action == PLAN_ADOPT
			? NULL
			: find_blocked_module(p, step->want);

	return module ? judge_block(step, "needs the kernel module '%s': %s",
				    obj_name(module->want), module->blocked)
		      : 0;
}

/* Return the blocked step of an object that @step needs, or NULL. */
static const struct plan_step *find_blocked_need(const struct planner *p,
						 const struct plan_step *step)
{
	if (!p->is_blocked || step->action == PLAN_NONE)
		return NULL;
	vec_foreach (other, &p->plan->steps) {
		if (other->blocked && !other->deferred && other->want &&
		    judge_needs(step, other->want))
			return other;
	}
	return NULL;
}

/* Block what needs an object whose step is blocked, as exec_run() would skip it. */
static int judge_need(const struct planner *p, struct plan_step *step)
{
	const struct plan_step *need = find_blocked_need(p, step);

	step->skipped = need;
	return need ? judge_block(step, "needs %s '%s'", need->want->class->name,
				  obj_name(need->want))
		    : 0;
}

static int add_wanted(struct planner *p, struct obj *want)
{
	struct plan_step step = {
		.want = want,
		.have = model_find(p->observed, want->class, obj_name(want)),
	};
	int r = judge_wanted(&step, p->policy->adopt);

	if (r == 0 && !step.blocked)
		r = judge_module(p, &step);
	if (r == 0 && !step.blocked)
		r = judge_need(p, &step);
	if (r == 0 && !step.blocked)
		r = judge_memory(p, &step);
	return add_step(p, &step, r);
}

bool planner_is_pruned(const struct plan_policy *policy, const struct model *desired,
		       const struct obj *have)
{
	return policy->prune && have->owner == OWNER_OURS &&
	       model_states(desired, have->class) && !kind_of(have->class)->shared &&
	       kind_is_in_stage(kind_of(have->class), policy->stage) &&
	       !model_find(desired, have->class, obj_name(have));
}

static bool is_pruned(const struct planner *p, const struct obj *have)
{
	return planner_is_pruned(p->policy, p->desired, have);
}

static const struct plan_step *find_step(const struct planner *p, const struct obj *have)
{
	vec_foreach (step, &p->plan->steps) {
		if (step->have == have)
			return step;
	}
	return NULL;
}

/* The fate of the users of an object that is to be removed. */
enum user_scope {
	USERS_STAY,
	USERS_UNPLANNED, /* some of them have no step yet */
	USERS_GO,
};

static enum user_scope judge_user(const struct planner *p, const struct obj *user,
				  const struct obj *have)
{
	const struct kind_policy *policy = &kind_of(user->class)->policy;
	const struct plan_step *step = find_step(p, user);

	if (!step)
		return USERS_UNPLANNED;
	if (step->blocked)
		return USERS_STAY;
	switch (step->action) {
	case PLAN_REMOVE:
		return USERS_GO;
	case PLAN_RELEASE:
		return policy->keeps && policy->keeps(user, have) ? USERS_STAY : USERS_GO;
	case PLAN_UPDATE:
	case PLAN_REPLACE:
		return policy->uses(step->want, have) ? USERS_STAY : USERS_GO;
	default:
		return USERS_STAY;
	}
}

/* Judge whether owned objects alone hold @have, and whether the plan removes them all. */
static enum user_scope judge_users(const struct planner *p, const struct obj *have)
{
	enum user_scope all = USERS_GO;
	uint64_t known = 0;

	if (have->holders == 0)
		return USERS_STAY;
	vec_foreach (user, &p->observed->objs) {
		const struct kind *kind = kind_of((*user)->class);
		enum user_scope one;

		if (!kind->policy.uses || !kind->policy.uses(*user, have))
			continue;
		known += kind->policy.holds ? kind->policy.holds(*user, have) : 1;
		one = judge_user(p, *user, have);
		if (one < all)
			all = one;
	}
	return known == have->holders ? all : USERS_STAY;
}

static int judge_removal(const struct planner *p, struct plan_step *step,
			 enum user_scope users)
{
	const struct obj *have = step->have;
	int r = 0;

	/* Without its users the object has no use. */
	if (have->in_use && users == USERS_GO)
		return 0;
	if (have->content)
		r = judge_set_loss(step, have->content);
	if (r < 0 || !have->in_use)
		return r;
	/* A holder that stays is more than a connection. */
	if (p->policy->disconnect && kind_of(have->class)->severs && have->content &&
	    have->holders == 0)
		return 0;
	if (!kind_of(have->class)->acts.release)
		return judge_block(step, "%s", have->in_use);
	step->action = have->released ? PLAN_NONE : PLAN_RELEASE;
	return 0;
}

/*
 * @last: users that are changed and not removed have their steps by now, and whatever is
 * left is judged; before that, what they hold has to wait.
 */
static int add_removal(struct planner *p, struct obj *have, bool last)
{
	struct plan_step step = { .action = PLAN_REMOVE, .have = have };
	enum user_scope users = have->in_use ? judge_users(p, have) : USERS_GO;
	int r;

	if (!last && users == USERS_UNPLANNED) {
		p->committed += memory_of(have);
		return 0;
	}
	r = judge_removal(p, &step, users);
	/* An object that stays keeps its memory. */
	if (r == 0 && !last && (step.blocked || step.action == PLAN_NONE))
		p->committed += memory_of(have);
	return add_step(p, &step, r);
}

static int add_removals(struct planner *p)
{
	for (size_t i = p->observed->indexed; i-- > 0;) {
		struct obj *have = p->observed->index[i];
		int r;

		if (!is_pruned(p, have)) {
			p->committed += memory_of(have);
			continue;
		}
		r = add_removal(p, have, false);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_late_pass(struct planner *p, bool last)
{
	for (size_t i = p->observed->indexed; i-- > 0;) {
		struct obj *have = p->observed->index[i];
		int r;

		if (!is_pruned(p, have) || !have->in_use || find_step(p, have))
			continue;
		r = add_removal(p, have, last);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Add the removals that waited for the steps of their users. In a stack, each pass finds the
 * users that the previous one planned.
 */
static int add_late_removals(struct planner *p)
{
	size_t planned;
	int r;

	do {
		planned = p->plan->steps.count;
		r = add_late_pass(p, false);
	} while (r == 0 && p->plan->steps.count > planned);
	return r < 0 ? r : add_late_pass(p, true);
}

static bool is_acting(const struct plan_step *step)
{
	return !step->blocked && step->action != PLAN_NONE && step->action != PLAN_ADOPT;
}

static struct plan_step *find_acting(const struct planner *p, const struct obj *have)
{
	vec_foreach (step, &p->plan->steps) {
		if (step->have == have)
			return is_acting(step) ? step : NULL;
	}
	return NULL;
}

/*
 * Let the live object @have go before @step, which takes what @have has, or block @step if
 * @have stays. *ret_blocked is set to true if @step is blocked.
 */
static int yield(struct planner *p, const struct kind *kind, const struct obj *have,
		 struct plan_step *step, bool *ret_blocked)
{
	const char *name = kind->policy.contends(have, step->want);
	struct plan_step *holder = name ? find_acting(p, have) : NULL;

	/* The step takes nothing that both objects have had before. */
	if (!name || (step->have && kind->policy.contends(have, step->have)))
		return 0;
	if (!holder ||
	    (holder->want && kind->policy.contends(holder->want, step->want))) {
		*ret_blocked = p->is_blocked = true;
		return judge_block(step, "'%s' is still held by %s '%s'", name,
				   kind->class->name, obj_name(have));
	}
	holder->yields = holder->want != NULL;
	return 0;
}

static int hand_over(struct planner *p, const struct kind *kind, struct plan_step *step,
		     bool *ret_blocked)
{
	int r = 0;

	if (!step->want || !is_acting(step))
		return 0;
	vec_foreach (have, &p->observed->objs) {
		if (r == 0 && !step->blocked && (*have)->class == kind->class &&
		    *have != step->have)
			r = yield(p, kind, *have, step, ret_blocked);
	}
	return r;
}

/* A step that is blocked keeps what it holds, which may block another step. */
static int hand_all_over(struct planner *p, const struct kind *kind)
{
	bool is_blocked;
	int r = 0;

	if (!kind->policy.contends)
		return 0;
	do {
		is_blocked = false;
		vec_foreach (step, &p->plan->steps) {
			if (plan_step_obj(step)->class == kind->class)
				step->yields = false;
		}
		vec_foreach (step, &p->plan->steps) {
			if (r == 0 && plan_step_obj(step)->class == kind->class)
				r = hand_over(p, kind, step, &is_blocked);
		}
	} while (r == 0 && is_blocked);
	return r;
}

static int add_all_wanted(struct planner *p, const struct kind *kind)
{
	int r;

	vec_foreach (want, &p->desired->objs) {
		if ((*want)->class != kind->class)
			continue;
		r = add_wanted(p, *want);
		if (r < 0)
			return r;
	}
	return hand_all_over(p, kind);
}

/* Shared objects have no owner and are never removed, so they come first. */
static int build(struct planner *p)
{
	int r = 0;

	for (const struct kind *const *kind = kinds; r == 0 && *kind; kind++)
		if ((*kind)->shared)
			r = add_all_wanted(p, *kind);
	if (r == 0)
		r = add_removals(p);
	for (const struct kind *const *kind = kinds; r == 0 && *kind; kind++)
		if (!(*kind)->shared && kind_is_in_stage(*kind, p->policy->stage))
			r = add_all_wanted(p, *kind);
	return r < 0 ? r : add_late_removals(p);
}

int plan_build(const struct model *desired, const struct model *observed,
	       const struct plan_policy *policy, struct plan *ret)
{
	struct plan plan = { 0 };
	struct planner p = {
		.desired = desired,
		.observed = observed,
		.policy = policy,
		.plan = &plan,
	};
	int r = build(&p);

	if (r < 0) {
		plan_done(&plan);
		return r;
	}
	*ret = plan;
	return 0;
}
