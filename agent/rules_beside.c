/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/rules_beside.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
rules_beside(const char *rules, const char *name, char out[PATH_MAX])
{
	const char *slash = strrchr(rules, '/');
	struct stat st;
	int n;

	if (stat(rules, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(out, PATH_MAX, "%s/%s", rules, name);
	else
		n = snprintf(out, PATH_MAX, "%.*s%s",
		    slash == NULL ? 0 : (int)(slash - rules + 1), rules, name);
	return n > 0 && n < PATH_MAX && access(out, R_OK) == 0 ? out : NULL;
}
