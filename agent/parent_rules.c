/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/parent_rules.h"

#include "agent/parent_health.h"
#include "agent/parent_process.h"
#include "agent/parent_rules_state.h"
#include "agent/role.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_BYTES (64u << 10)
/* Rules may be compiled in there. */
#define LOAD_MAX_US (300 * CLOCK_US)
/* Without any rules sensors cannot start: looked at again after this. */
#define RETRY_US (30 * CLOCK_US)
#define CRASH_US (300 * CLOCK_US)
#define WHY_SIZE 512

bool
parent_rules_wanted(const struct parent *p)
{
	return p->config.bundle[0] != '\0' || p->config.rules.n > 0;
}

bool
parent_rules_for(const struct parent *p, int role)
{
	if (role == SCANNER)
		return p->config.bundle[0] != '\0' && p->config.yara.n == 0;
	return role == SENSOR && parent_rules_wanted(p);
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

int
parent_rules_setup(struct parent *p)
{
	struct parent_rules *r = &p->rules;

	r->image = r->before = r->mark = -1;
	r->control = r->bundle = r->making = -1;
	return p->config.bundle[0] == '\0'
	    ? 0
	    : parent_rules_state_open(
		  p->config.bundle_state, &r->mark, &r->highest);
}

void
parent_rules_release(struct parent *p)
{
	struct parent_rules *r = &p->rules;

	if (r->loader > 0)
		kill(r->loader, SIGKILL);
	close_fd(&r->image);
	close_fd(&r->before);
	close_fd(&r->mark);
	close_fd(&r->control);
	close_fd(&r->bundle);
	close_fd(&r->making);
}

/* --- to the sensors ---------------------------------------------------------------- */

static void
send_image(struct child *c)
{
	const struct parent_rules *r = &c->parent->rules;

	if (c->role != SENSOR || c->state != CHILD_READY || r->number == 0 ||
	    c->rules == r->number)
		return;
	if (ipc_send(c->control, ROLE_RELOAD, &r->number, sizeof(r->number),
		r->image) == 0)
		c->rules = r->number;
}

/* Those that run take it over, the others start with it. */
static void
hand_out(struct parent *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		send_image(c);
		if (c->waits)
			parent_process_start(c);
		else if (c->role == SCANNER && parent_rules_for(p, SCANNER) &&
		    c->rules != p->rules.number)
			c->renew = true;
	}
}

void
parent_rules_reloaded(struct child *c, const struct ipc_message *m)
{
	struct role_reloaded done;

	if (c->role != SENSOR || m->len != sizeof(done))
		return;
	memcpy(&done, m->body, sizeof(done));
	const struct parent_health_detail details[] = {
	    {"process", c->name, 0},
	    {"image", NULL, done.number},
	    {NULL, NULL, 0},
	};
	if (!done.taken)
		parent_health_tell(c->parent->writer, c->parent->config.zone,
		    PARENT_HEALTH_NOT_LOADED, 2, "stadswacht rules not taken",
		    details);
}

/* --- taken or refused ---------------------------------------------------------------- */

static void
tell_loaded(struct parent *p, const struct role_loaded *l)
{
	const struct parent_health_detail details[] = {
	    {"serial", NULL, l->serial},
	    {"rules", NULL, l->rules},
	    {"refused", NULL, l->refused},
	    {"databases_compiled_here", NULL, l->compiled},
	    {"expired", NULL, l->expired},
	    {NULL, NULL, 0},
	};

	log_info("rules: %llu loaded, %llu refused", (unsigned long long)l->rules,
	    (unsigned long long)l->refused);
	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_LOADED,
	    l->expired ? 2 : 3,
	    l->expired ? "stadswacht rules have expired"
		       : "stadswacht rules loaded",
	    details);
}

static void
refused(struct parent *p, const char *why)
{
	struct parent_rules *r = &p->rules;
	const struct parent_health_detail details[] = {
	    {"reason", why, 0},
	    {"highest_serial", NULL, r->highest},
	    {NULL, NULL, 0},
	};

	close_fd(&r->making);
	log_error("%s: %s%s",
	    r->from_last		      ? "the last good bundle"
		: p->config.bundle[0] != '\0' ? p->config.bundle
					      : "rules.files",
	    why, r->number > 0 ? "; the rules in use stay" : "");
	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_NOT_LOADED, 2,
	    "stadswacht rules refused", details);
	for (size_t i = 0; i < p->n; i++)
		if (p->children[i].waits)
			parent_process_settle(&p->children[i]);
}

static void
taken(struct parent *p, const struct role_loaded *l)
{
	struct parent_rules *r = &p->rules;

	if (fcntl(r->making, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1) {
		refused(p, "the image cannot be sealed");
		return;
	}
	close_fd(&r->before);
	r->before = r->image;
	r->image = r->making;
	r->making = -1;
	r->number++;
	r->crashes = 0;
	if (r->bundle != -1 && !r->from_last)
		parent_rules_state_keep(p->config.bundle_state, r->bundle);
	parent_rules_state_mark(r->mark, &r->highest, l->serial);
	tell_loaded(p, l);
	hand_out(p);
}

void
parent_rules_crashed(struct parent *p)
{
	struct parent_rules *r = &p->rules;
	const int64_t now = clock_mono_us();
	const struct parent_health_detail details[] = {
	    {"crashes", NULL, PARENT_RULES_CRASHES},
	    {NULL, NULL, 0},
	};

	r->crash_us[r->crashes++ % PARENT_RULES_CRASHES] = now;
	if (r->before == -1 || r->crashes < PARENT_RULES_CRASHES ||
	    now - r->crash_us[r->crashes % PARENT_RULES_CRASHES] > CRASH_US)
		return;
	log_error("sensors crash with these rules; the ones before are back");
	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_TAKEN_BACK, 1,
	    "stadswacht rules taken back", details);
	close_fd(&r->image);
	r->image = r->before;
	r->before = -1;
	r->number++;
	r->crashes = 0;
	hand_out(p);
}

/* --- the loader ------------------------------------------------------------------------ */

static pid_t
exec_loader(struct parent *p, int control)
{
	const struct parent_args a = {.config = &p->config,
	    .folders = &p->folders,
	    .program = "stadswacht-signatures",
	    .after = p->rules.highest,
	    .started = p->rules.number == 0};
	const int fds[] = {control, p->rules.making, p->rules.bundle};
	struct parent_child start = {.argv = parent_args_loader(&a),
	    .fds = fds,
	    .fds_n = p->rules.bundle == -1 ? 2 : 3,
	    .as_user = p->as_root};
	char error[300];

	if (p->as_root &&
	    config_agent_user(p->config.user_sensor, &start.uid, &start.gid, error,
		sizeof(error)) == -1) {
		log_error("%s", error);
		errno = EINVAL;
		return -1;
	}
	return parent_child_start(&start);
}

static int
open_bundle(struct parent *p)
{
	const struct agent_config *k = &p->config;

	if (k->bundle[0] == '\0')
		return 0;
	p->rules.bundle = p->rules.from_last
	    ? parent_rules_state_last(k->bundle_state)
	    : open(k->bundle, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return p->rules.bundle == -1 ? -1 : 0;
}

static int
start_loader(struct parent *p)
{
	struct parent_rules *r = &p->rules;
	int pair[2] = {-1, -1};

	if (open_bundle(p) == -1)
		return -1;
	r->making =
	    memfd_create("stadswacht-rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (r->making != -1 && ipc_pair(pair, CONTROL_BYTES) == 0) {
		r->loader = exec_loader(p, pair[1]);
		r->control = pair[0];
		r->started_us = clock_mono_us();
	}
	close_fd(&pair[1]);
	return r->loader > 0 ? 0 : -1;
}

static void
on_retry(void *arg)
{
	struct parent *p = arg;

	p->rules.retry = NULL;
	parent_rules_load(p);
}

static void load_from(struct parent *p, bool last);

/* Without any rules: the last good bundle, then again after a time. */
static void
go_on(struct parent *p)
{
	struct parent_rules *r = &p->rules;

	if (r->number > 0)
		return;
	if (p->config.bundle[0] != '\0' && !r->from_last)
		load_from(p, true);
	else if (r->retry == NULL)
		r->retry = loop_timer(p->loop, RETRY_US, 0, on_retry, p);
}

static void
load_from(struct parent *p, bool last)
{
	struct parent_rules *r = &p->rules;
	char why[WHY_SIZE];
	int error;

	r->from_last = last;
	if (start_loader(p) == 0)
		return;
	error = errno;
	snprintf(why, sizeof(why), "%s", strerror(error));
	r->loader = 0;
	close_fd(&r->control);
	close_fd(&r->bundle);
	if (!last || error != ENOENT) /* a new agent has none */
		refused(p, why);
	go_on(p);
}

void
parent_rules_load(struct parent *p)
{
	struct parent_rules *r = &p->rules;

	if (p->stopping || !parent_rules_wanted(p))
		return;
	r->again = r->loader > 0;
	if (!r->again)
		load_from(p, false);
}

/* What it said before it ended; false: that the image is not made, and why. */
static bool
hear(struct parent *p, struct role_loaded *l, char why[WHY_SIZE])
{
	struct ipc_message m;
	bool loaded = false;

	while (ipc_recv(p->rules.control, p->message, &m) == 1) {
		if (m.type == ROLE_LOADED && m.len == sizeof(*l)) {
			memcpy(l, m.body, sizeof(*l));
			loaded = true;
		} else if (m.type == ROLE_NOT_LOADED && m.len < WHY_SIZE) {
			memcpy(why, m.body, m.len);
			why[m.len] = '\0';
		}
		if (m.fd != -1)
			close(m.fd);
	}
	return loaded;
}

void
parent_rules_ended(struct parent *p, int status)
{
	struct parent_rules *r = &p->rules;
	char why[WHY_SIZE];
	struct role_loaded l;
	bool loaded;

	snprintf(why, sizeof(why), "looking into them ended with %s %d",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	loaded = hear(p, &l, why) && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	close_fd(&r->control);
	r->loader = 0;
	if (p->stopping)
		return;
	if (loaded)
		taken(p, &l);
	else
		refused(p, why);
	close_fd(&r->bundle);
	if (r->again)
		parent_rules_load(p);
	else
		go_on(p);
}

void
parent_rules_second(struct parent *p, int64_t now_us)
{
	struct parent_rules *r = &p->rules;

	if (r->loader > 0 && now_us - r->started_us > LOAD_MAX_US)
		kill(r->loader, SIGKILL);
	for (size_t i = 0; i < p->n; i++)
		send_image(&p->children[i]);
}
