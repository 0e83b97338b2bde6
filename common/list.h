/* SPDX-License-Identifier: EUPL-1.2 */
/* Intrusive doubly linked lists: the link lives in the element, the head is one
 * too. */
#ifndef COMMON_LIST_H
#define COMMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

static inline void
list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_insert_between(struct list *n, struct list *prev, struct list *next)
{
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}

static inline void
list_push(struct list *head, struct list *n)
{
	list_insert_between(n, head->prev, head);
}

static inline void
list_push_front(struct list *head, struct list *n)
{
	list_insert_between(n, head, head->next);
}

/* Safe on an element that is in no list, if list_init() was called on it. */
static inline void
list_remove(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

#define LIST_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* The current element may be removed while walking. */
#define LIST_FOREACH(it, nx, head)                                                 \
	for ((it) = (head)->next, (nx) = (it)->next; (it) != (head);               \
	     (it) = (nx), (nx) = (it)->next)

#endif
