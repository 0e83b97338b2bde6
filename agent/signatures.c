/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-signatures: what an admin does with signatures before agents get
 * them.  Each command is a file of its own, signatures_*.c.
 */
#include "agent/signatures_bundle.h"
#include "agent/signatures_check.h"
#include "agent/signatures_compile.h"
#include "agent/signatures_load.h"
#include "common/log.h"

static const struct cmdline_command COMMANDS[] = {
    {"check", NULL, "load signatures and say what is refused, and why",
	SIGNATURES_CHECK_OPTIONS, signatures_check_run},
    {"compile", NULL, "make a bundle of signatures, which agents load quickly",
	SIGNATURES_COMPILE_OPTIONS, signatures_compile_run},
    {"keygen", "SECRET", "make a key to sign with, and SECRET.pub for agents", NULL,
	signatures_keygen_run},
    {"load", NULL, "check signatures for stadswacht-agent, which alone uses this",
	SIGNATURES_LOAD_OPTIONS, signatures_load_run},
    {"sign", "BUNDLE", "sign a bundle", SIGNATURES_SIGN_OPTIONS,
	signatures_sign_run},
    {"show", "BUNDLE", "tell what is in a bundle", SIGNATURES_SHOW_OPTIONS,
	signatures_show_run},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline CMDLINE = {
    .program = "stadswacht-signatures",
    .summary = "check signatures and bundle them for agents",
    .commands = COMMANDS,
    .footer =
	"Exit status: 0 when the work was done (check: and everything loaded), 1 "
	"when\nsomething could not be read or written (check: or was refused), 2 "
	"on "
	"wrong\nusage.\n",
};

int
main(int argc, char **argv)
{
	log_init("stadswacht-signatures");
	return cmdline_run(&CMDLINE, argc, argv);
}
