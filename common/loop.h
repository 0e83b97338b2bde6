/* SPDX-License-Identifier: EUPL-1.2 */
/* The one event loop: descriptors (epoll), timers (monotonic) and signals. */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_READ   1u
#define LOOP_WRITE  2u
#define LOOP_HANGUP 4u /* told, never asked for */

struct loop;
struct loop_timer;

typedef void loop_fd_fn(void *arg, int fd, unsigned events);
typedef void loop_timer_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signo);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Watch fd; calling again for the same fd changes what is watched.  -1 with errno.
 */
int loop_watch(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *arg);
/* Before the descriptor is closed.  Safe inside a callback. */
void loop_unwatch(struct loop *l, int fd);

/* Fires once after delay_us, then every repeat_us (0: once, and is then freed). */
struct loop_timer *loop_timer(struct loop *l, int64_t delay_us, int64_t repeat_us,
    loop_timer_fn *fn, void *arg);
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/* Block signo and deliver it here (signalfd). */
int loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *arg);

/* Until loop_stop().  Returns 0, or -1 with errno when epoll itself fails. */
int loop_run(struct loop *l);
/* One turn, waiting at most timeout_ms (-1: as long as it takes). */
int loop_turn(struct loop *l, int timeout_ms);
void loop_stop(struct loop *l);

#endif
