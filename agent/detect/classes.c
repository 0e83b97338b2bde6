/* SPDX-License-Identifier: EUPL-1.2 */
/* classification.config: names, descriptions and priorities of classes. */
#include "agent/detect/classes.h"

#include "agent/detect/source.h"

#include "common/str.h"
#include "common/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES_MAX	 4096
#define CLASSES_FILE_MAX (1u << 20)
#define CLASS_NAME_MAX	 64

struct classes {
	struct table *rows;
	char *text; /* what the rows point into */
};

static const struct class_row SHIPPED[] = {
    {"not-suspicious", "Not Suspicious Traffic", 3},
    {"unknown", "Unknown Traffic", 3},
    {"bad-unknown", "Potentially Bad Traffic", 2},
    {"attempted-recon", "Attempted Information Leak", 2},
    {"successful-recon-limited", "Information Leak", 2},
    {"successful-recon-largescale", "Large Scale Information Leak", 2},
    {"attempted-dos", "Attempted Denial of Service", 2},
    {"successful-dos", "Denial of Service", 2},
    {"attempted-user", "Attempted User Privilege Gain", 1},
    {"unsuccessful-user", "Unsuccessful User Privilege Gain", 1},
    {"successful-user", "Successful User Privilege Gain", 1},
    {"attempted-admin", "Attempted Administrator Privilege Gain", 1},
    {"successful-admin", "Successful Administrator Privilege Gain", 1},
    {"rpc-portmap-decode", "Decode of an RPC Query", 2},
    {"shellcode-detect", "Executable code was detected", 1},
    {"string-detect", "A suspicious string was detected", 3},
    {"suspicious-filename-detect", "A suspicious filename was detected", 2},
    {"suspicious-login",
	"An attempted login using a suspicious username was detected", 2},
    {"system-call-detect", "A system call was detected", 2},
    {"tcp-connection", "A TCP connection was detected", 4},
    {"trojan-activity", "A Network Trojan was detected", 1},
    {"unusual-client-port-connection", "A client was using an unusual port", 2},
    {"network-scan", "Detection of a Network Scan", 3},
    {"denial-of-service", "Detection of a Denial of Service Attack", 2},
    {"non-standard-protocol", "Detection of a non-standard protocol or event", 2},
    {"protocol-command-decode", "Generic Protocol Command Decode", 3},
    {"web-application-activity",
	"access to a potentially vulnerable web application", 2},
    {"web-application-attack", "Web Application Attack", 1},
    {"misc-activity", "Misc activity", 3},
    {"misc-attack", "Misc Attack", 2},
    {"icmp-event", "Generic ICMP event", 3},
    {"inappropriate-content", "Inappropriate Content was Detected", 1},
    {"policy-violation", "Potential Corporate Privacy Violation", 1},
    {"default-login-attempt", "Attempt to login by a default username and password",
	2},
    {"targeted-activity", "Targeted Malicious Activity was Detected", 1},
    {"exploit-kit", "Exploit Kit Activity Detected", 1},
    {"external-ip-check", "Device Retrieving External IP Address Detected", 2},
    {"domain-c2", "Domain Observed Used for C2 Detected", 1},
    {"pup-activity", "Possibly Unwanted Program Detected", 2},
    {"credential-theft", "Successful Credential Theft Detected", 1},
    {"social-engineering", "Possible Social Engineering Attempted", 2},
    {"coin-mining", "Crypto Currency Mining Activity Detected", 2},
    {"command-and-control", "Malware Command and Control Activity Detected", 1},
};

static void
fold(const char *name, char out[CLASS_NAME_MAX])
{
	size_t i = 0;

	for (; i < CLASS_NAME_MAX - 1 && name[i] != '\0'; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[i] = '\0';
}

/* The first row of a name stays. */
static int
add(struct classes *c, const struct class_row *row)
{
	struct class_row *copy = malloc(sizeof(*copy));
	char key[CLASS_NAME_MAX];

	if (copy == NULL)
		return -1;
	*copy = *row;
	fold(row->name, key);
	if (table_put(c->rows, key, strlen(key), copy) == -1) {
		free(copy);
		return errno == EEXIST ? 0 : -1;
	}
	return 0;
}

/* "name,description,priority" behind "config classification:". */
static int
read_row(struct classes *c, char *s)
{
	struct class_row row;
	char *first = strchr(s, ','), *last = strrchr(s, ',');
	uint64_t priority;

	if (first == NULL || last == first)
		return -1;
	*first = *last = '\0';
	row.name = str_trim(s);
	row.description = str_trim(first + 1);
	if (str_u64(str_trim(last + 1), 255, &priority) == -1 || priority == 0 ||
	    row.name[0] == '\0' || strlen(row.name) >= CLASS_NAME_MAX)
		return -1;
	row.priority = (uint8_t)priority;
	return add(c, &row);
}

static int
read_file(struct classes *c, const char *path, const struct ruleset_source *source,
    char *error, size_t size)
{
	static const char HEAD[] = "config classification:";
	unsigned line = 0;
	char *next, *s;
	size_t len;

	if ((c->text = source_read(source, path, CLASSES_FILE_MAX, &len)) == NULL) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	for (next = c->text; next != NULL;) {
		s = next;
		line++;
		if ((next = strchr(s, '\n')) != NULL)
			*next++ = '\0';
		s = str_trim(s);
		if (*s == '\0' || *s == '#')
			continue;
		if (!str_starts(s, HEAD) ||
		    read_row(c, s + sizeof(HEAD) - 1) == -1) {
			snprintf(error, size,
			    "%s:%u: a line is \"config classification: "
			    "name,description,priority\" with priority 1 to 255",
			    path, line);
			return -1;
		}
	}
	return 0;
}

struct classes *
classes_new(
    const char *path, const struct ruleset_source *source, char *error, size_t size)
{
	struct classes *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->rows = table_new(CLASSES_MAX, free)) == NULL)
		goto no_memory;
	if (path != NULL) {
		if (read_file(c, path, source, error, size) == -1)
			goto fail;
		return c;
	}
	for (size_t i = 0; i < sizeof(SHIPPED) / sizeof(SHIPPED[0]); i++)
		if (add(c, &SHIPPED[i]) == -1)
			goto no_memory;
	return c;

no_memory:
	snprintf(error, size, "classes: %s", strerror(errno));
fail:
	classes_free(c);
	return NULL;
}

void
classes_free(struct classes *c)
{
	if (c == NULL)
		return;
	table_free(c->rows);
	free(c->text);
	free(c);
}

const struct class_row *
classes_find(const struct classes *c, const char *name)
{
	char key[CLASS_NAME_MAX];

	fold(name, key);
	return table_get(c->rows, key, strlen(key));
}
