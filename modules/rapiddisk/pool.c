// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of a loan, allocated and freed one by one. The pool does not depend on disks:
 * loan.c borrows and returns.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>

#include "loan_types.h"
#include "pool.h"

/**
 * rd_loan_init() - Initialise the pool of a disk.
 * @loan: the loan
 */
void rd_loan_init(struct rapiddisk_loan *loan)
{
	spin_lock_init(&loan->lock);
	INIT_LIST_HEAD(&loan->idle);
}

/**
 * rapiddisk_loan_nr_pages() - Return the size of a loan.
 * @loan: the loan
 *
 * Return: the number of pages, allocated or not.
 */
unsigned long rapiddisk_loan_nr_pages(const struct rapiddisk_loan *loan)
{
	return loan->nr_pages;
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_loan_nr_pages);

/**
 * rapiddisk_loan_is_shrinkable() - Check whether freed pages go back to the kernel.
 * @loan: the loan
 *
 * Return: false if the pages were preallocated, and stay with the disk.
 */
bool rapiddisk_loan_is_shrinkable(const struct rapiddisk_loan *loan)
{
	return !loan->is_kept;
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_loan_is_shrinkable);

/*
 * Reserve one page. Sets *ret_page if the page is preallocated. Return: false if all are
 * used.
 */
static bool rd_loan_take(struct rapiddisk_loan *loan, struct page **ret_page)
{
	unsigned long flags;
	bool is_allowed;

	spin_lock_irqsave(&loan->lock, flags);
	is_allowed = loan->nr_used < loan->nr_pages && (!loan->is_kept || loan->nr_idle);
	if (is_allowed)
		WRITE_ONCE(loan->nr_used, loan->nr_used + 1);
	if (is_allowed && loan->is_kept) {
		*ret_page = list_first_entry(&loan->idle, struct page, lru);
		list_del(&(*ret_page)->lru);
		WRITE_ONCE(loan->nr_idle, loan->nr_idle - 1);
	}
	spin_unlock_irqrestore(&loan->lock, flags);
	return is_allowed;
}

/* Undo rd_loan_take(). A preallocated @page goes back to the idle pages. */
static void rd_loan_put(struct rapiddisk_loan *loan, struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(&loan->lock, flags);
	WRITE_ONCE(loan->nr_used, loan->nr_used - 1);
	if (page && loan->is_kept) {
		list_add(&page->lru, &loan->idle);
		WRITE_ONCE(loan->nr_idle, loan->nr_idle + 1);
	}
	spin_unlock_irqrestore(&loan->lock, flags);
}

/**
 * rapiddisk_loan_alloc_page() - Allocate a page, whose content is undefined.
 * @loan: the loan, started
 * @gfp: flags for a page that is not preallocated
 *
 * Context: any that @gfp allows.
 * Return: the address of the page; NULL if out of memory, or if all pages are in use.
 */
void *rapiddisk_loan_alloc_page(struct rapiddisk_loan *loan, gfp_t gfp)
{
	struct page *page = NULL;

	if (!rd_loan_take(loan, &page))
		return NULL;
	if (!page)
		page = alloc_pages_node(loan->node, gfp, 0);
	if (!page) {
		rd_loan_put(loan, NULL);
		return NULL;
	}
	return page_address(page);
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_loan_alloc_page);

/**
 * rapiddisk_loan_free_page() - Free a page of rapiddisk_loan_alloc_page().
 * @loan: the loan
 * @addr: the address of the page
 *
 * Context: any.
 */
void rapiddisk_loan_free_page(struct rapiddisk_loan *loan, void *addr)
{
	struct page *page = virt_to_page(addr);

	rd_loan_put(loan, page);
	if (!loan->is_kept)
		__free_page(page);
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_loan_free_page);
