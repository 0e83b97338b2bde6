/* SPDX-License-Identifier: EUPL-1.2 */
/* The console's files, from one fixed list, and the page for who is not logged in.
 */
#include "collector/limits.h"
#include "collector/web/web.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *path; /* as asked */
	const char *file; /* in the console's folder */
	const char *type;
} files[] = {
    {"/", "index.html", "text/html; charset=utf-8"},
    {"/console.js", "console.js", "text/javascript; charset=utf-8"},
    {"/console.css", "console.css", "text/css; charset=utf-8"},
    {"/favicon.svg", "favicon.svg", "image/svg+xml"},
};

/* Plain and in both languages: it must work when nothing else does. */
static const char login_page[] =
    "<!doctype html>\n"
    "<html lang=\"nl\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>stadswacht: inloggen</title>"
    "<link rel=\"stylesheet\" href=\"/console.css\">"
    "<link rel=\"icon\" href=\"/favicon.svg\"></head>"
    "<body class=\"plain\"><main>"
    "<h1>U bent niet ingelogd</h1>"
    "<p>U logt in met een link die \xc3\xa9\xc3\xa9n keer werkt. "
    "Maak de link op de server waar stadswacht draait:</p>"
    "<pre><code>sudo stadswachtctl login-link</code></pre>"
    "<p>Open daarna de link in deze browser. De link werkt vijf minuten.</p>"
    "<div lang=\"en\"><h2>You are not logged in</h2>"
    "<p>You log in with a link that works once. "
    "Make the link on the server where stadswacht runs:</p>"
    "<pre><code>sudo stadswachtctl login-link</code></pre>"
    "<p>Then open the link in this browser. The link works for five "
    "minutes.</p></div>"
    "</main></body></html>\n";

void
files_login_needed(struct web_call *c)
{
	http_answer(c->request, 401, "text/html; charset=utf-8", login_page,
	    strlen(login_page));
}

static void
no_console(struct web_call *c)
{
	static const char text[] = "The console's files are not here: build them "
				   "with \"make console\" (needs npm), "
				   "or start stadswacht-web with --console "
				   "FOLDER.\nThe API works without them.\n";

	http_answer(
	    c->request, 404, "text/plain; charset=utf-8", text, strlen(text));
}

void
files_serve(struct web_call *c)
{
	char path[4096], *text;
	size_t i, len;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (strcmp(files[i].path, http_path(c->request)) == 0)
			break;
	if (i == sizeof(files) / sizeof(*files)) {
		answer_error(c->request, 404, "no such address", NULL);
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/%s",
	    c->web->console_dir == NULL ? "" : c->web->console_dir, files[i].file);
	if (c->web->console_dir == NULL ||
	    (text = str_read_file(path, WEB_FILE_MAX, &len)) == NULL) {
		no_console(c);
		return;
	}
	http_answer(c->request, 200, files[i].type, text, len);
	free(text);
}
