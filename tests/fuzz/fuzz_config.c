/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as agent.yaml: a checked struct, or one line that names the file. */
#include "agent/config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent_config c;
	char path[40], error[1200] = "";
	int fd = memfd_create("agent.yaml", MFD_CLOEXEC);

	assert(fd != -1 && write(fd, data, size) == (ssize_t)size);
	/* Nobody else's to write: else root's check ends it there. */
	assert(fchmod(fd, 0600) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (config_agent_load(path, &c, error, sizeof(error)) == -1)
		assert(strncmp(error, path, strlen(path)) == 0);
	else
		assert(c.id[0] != '\0' && c.host[0] != '\0' && c.sensors >= 1 &&
		    c.collectors.n >= 1);
	config_agent_release(&c);
	close(fd);
	return 0;
}
