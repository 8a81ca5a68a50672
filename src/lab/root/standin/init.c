/*
 * Process 1 of a rehearsal host: says that the host is up, then buries what its orphans leave behind. systemd itself is
 * not run there; the name is systemd's because scripts look at it to learn which init system a server has.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sigset_t child;
	int signal_number, i;

	/* argv[1]: the line that tells the lab that everything is in place */
	if (argc > 1)
		printf("%s\n", argv[1]);
	fclose(stdout);
	fclose(stderr);
	for (i = argc - 1; i > 0; i--)
		memset(argv[i], 0, strlen(argv[i]));
	if (strlen(argv[0]) >= strlen("/sbin/init")) {
		memset(argv[0], 0, strlen(argv[0]));
		strcpy(argv[0], "/sbin/init");
	}
	prctl(PR_SET_NAME, "systemd");

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sigwait(&child, &signal_number);
	}
}
