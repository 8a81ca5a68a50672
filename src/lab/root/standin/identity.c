/*
 * Stand-in for what a program learns about its machine from the kernel, preloaded into every program of a rehearsal
 * host (/etc/ld.so.preload): the kernel's release, what kind of file system / is, and two files of /proc which the
 * kernel underneath may have or lack where Debian's does the opposite. Everything else goes to the real functions. Statically linked programs are not fooled; a Debian server has none that matters here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define UNAME_FILE "/run/lab/uname" /* line 1: release, line 2: version */
#define OVERLAYFS_MAGIC 0x794c7630
#define EXT4_MAGIC 0xef53
#define TMPFS_MAGIC 0x01021994
#define SYSFS_MAGIC 0x62656572

static ssize_t slurp(const char *path, char *buffer, size_t size)
{
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (have < size - 1 && (n = read(fd, buffer + have, size - 1 - have)) > 0)
		have += n;
	close(fd);
	buffer[have] = '\0';
	return have;
}

static void put(char *field, size_t size, const char *text)
{
	memset(field, 0, size);
	strncpy(field, text, size - 1);
}

int uname(struct utsname *u)
{
	char text[256], *release, *version, *rest = NULL;
	int saved = errno;

	if (syscall(SYS_uname, u) != 0)
		return -1;
	if (slurp(UNAME_FILE, text, sizeof text) > 0) {
		release = strtok_r(text, "\n", &rest);
		version = strtok_r(NULL, "\n", &rest);
		if (release)
			put(u->release, sizeof u->release, release);
		if (version)
			put(u->version, sizeof u->version, version);
	}
	errno = saved;
	return 0;
}

/* udev's library asks whether a folder below /sys is on sysfs; here it is on tmpfs. */
static void fix_statfs(const char *path, struct statfs *s)
{
	if (s->f_type == OVERLAYFS_MAGIC)
		s->f_type = EXT4_MAGIC;
	else if (s->f_type == TMPFS_MAGIC && (!strcmp(path, "/sys") || !strncmp(path, "/sys/", 5)))
		s->f_type = SYSFS_MAGIC;
}

int statfs(const char *path, struct statfs *s)
{
	int status = syscall(SYS_statfs, path, s);

	if (status == 0)
		fix_statfs(path, s);
	return status;
}

int fstatfs(int fd, struct statfs *s)
{
	int status = syscall(SYS_fstatfs, fd, s), saved = errno;
	char link[64], path[256];
	ssize_t n;

	if (status == 0) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
		path[n > 0 ? n : 0] = '\0';
		fix_statfs(path, s);
	}
	errno = saved;
	return status;
}

/* 64-bit off_t: the structures are the same. */
int statfs64(const char *path, struct statfs64 *s) { return statfs(path, (struct statfs *)s); }
int fstatfs64(int fd, struct statfs64 *s) { return fstatfs(fd, (struct statfs *)s); }

/* Newer C libraries tell the type here too, in what older ones keep as zeroes behind the last field. */
static int fix_statvfs(int status, struct statvfs *s)
{
	unsigned int *type = (unsigned int *)((char *)&s->f_namemax + sizeof s->f_namemax);

	if (status == 0 && *type == OVERLAYFS_MAGIC)
		*type = EXT4_MAGIC;
	return status;
}

int statvfs(const char *path, struct statvfs *s)
{
	static int (*real)(const char *, struct statvfs *);

	if (!real)
		real = (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
	return fix_statvfs(real(path, s), s);
}

int fstatvfs(int fd, struct statvfs *s)
{
	static int (*real)(int, struct statvfs *);

	if (!real)
		real = (int (*)(int, struct statvfs *))dlsym(RTLD_NEXT, "fstatvfs");
	return fix_statvfs(real(fd, s), s);
}

int statvfs64(const char *path, struct statvfs64 *s) { return statvfs(path, (struct statvfs *)s); }
int fstatvfs64(int fd, struct statvfs64 *s) { return fstatvfs(fd, (struct statvfs *)s); }

/* 1: as mountinfo (id parent dev root point options ... - type source options), 2: as mounts (source point type options 0 0) */
static int mount_table(const char *path)
{
	if (!path || (path[0] != '/'))
		return 0;
	if (!strcmp(path, "/proc/self/mountinfo"))
		return 1;
	if (!strcmp(path, "/proc/mounts") || !strcmp(path, "/proc/self/mounts") || !strcmp(path, "/etc/mtab"))
		return 2;
	return 0;
}

/* Mounts which only the lab needs: single files of /proc and the device nodes. */
static int lab_mount(const char *point)
{
	static const char *nodes[] = { "null", "zero", "full", "random", "urandom", "tty", NULL };
	int i;

	if (!strncmp(point, "/proc/", 6))
		return 1;
	if (!strncmp(point, "/dev/", 5))
		for (i = 0; nodes[i]; i++)
			if (!strcmp(point + 5, nodes[i]))
				return 1;
	return 0;
}

/* What a virtual machine would have mounted there, or NULL where the truth is fine. */
static const char *type_for(const char *point, const char *type)
{
	if (!strcmp(point, "/") && !strcmp(type, "overlay"))
		return "ext4";
	if (!strcmp(point, "/dev") && !strcmp(type, "tmpfs"))
		return "devtmpfs";
	if (!strcmp(point, "/sys") && !strcmp(type, "tmpfs"))
		return "sysfs";
	return NULL;
}

static void rewrite_mounts(FILE *out, char *line)
{
	char source[512], point[512], type[64], rest[4096];
	const char *other;

	if (sscanf(line, "%511s %511s %63s %4095[^\n]", source, point, type, rest) != 4 || lab_mount(point))
		return;
	other = type_for(point, type);
	if (other && !strcmp(other, "ext4"))
		fprintf(out, "%s / ext4 rw,relatime,errors=remount-ro 0 0\n", source);
	else
		fprintf(out, "%s %s %s %s\n", source, point, other ? other : type, rest);
}

static void rewrite_mountinfo(FILE *out, char *line)
{
	char head[512], point[512], options[1024], type[64], source[512], super[8192];
	char *dash = strstr(line, " - ");
	const char *other;
	int end = 0;

	/* head: "id parent dev root" */
	if (!dash || sscanf(line, "%*s %*s %*s %*s%n", &end) != 0 || end <= 0 || end >= (int)sizeof head)
		return;
	memcpy(head, line, end);
	head[end] = '\0';
	if (sscanf(line + end, " %511s %1023[^\n]", point, options) != 2 || lab_mount(point))
		return;
	if (sscanf(dash, " - %63s %511s %8191[^\n]", type, source, super) != 3)
		return;
	other = type_for(point, type);
	dash = strstr(options, " - ");
	if (dash)
		*dash = '\0';
	if (other && !strcmp(other, "ext4"))
		fprintf(out, "%s / rw,relatime - ext4 %s rw,errors=remount-ro\n", head, source);
	else
		fprintf(out, "%s %s %s - %s %s %s\n", head, point, options, other ? other : type, source, super);
}

/* A file in memory with the mount table a virtual machine would show, or -1 when it cannot be made. */
static int open_mount_table(int kind, int flags)
{
	size_t room = 1 << 20;
	char *text = malloc(room), *line, *rest = NULL;
	int fd = -1, copy;
	FILE *out;

	if (!text)
		return -1;
	if (slurp(kind == 1 ? "/proc/self/mountinfo" : "/proc/self/mounts", text, room) <= 0)
		goto done;
	fd = memfd_create("mounts", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	if (fd < 0)
		goto done;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	out = copy < 0 ? NULL : fdopen(copy, "w");
	if (!out) {
		close(fd);
		fd = -1;
		goto done;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (kind == 1)
			rewrite_mountinfo(out, line);
		else
			rewrite_mounts(out, line);
	}
	fclose(out);
	lseek(fd, 0, SEEK_SET);
done:
	free(text);
	return fd;
}

/* Where a name really leads. */
static const char *lead(const char *path)
{
	if (!path || strncmp(path, "/proc/", 6))
		return path;
	/* a kernel without loadable modules has no such file, and nothing can be mounted where nothing is */
	if (!strcmp(path, "/proc/modules"))
		return "/run/lab/proc/modules";
	/* Debian's kernels do not have it; the one underneath may */
	if (!strcmp(path, "/proc/config.gz"))
		return "/run/lab/absent";
	return path;
}

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	int kind = (flags & O_ACCMODE) == O_RDONLY ? mount_table(path) : 0;
	int saved = errno, fd;

	if (kind && (fd = open_mount_table(kind, flags)) >= 0) {
		errno = saved;
		return fd;
	}
	return syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE_OF(flags, mode)                             \
	do {                                             \
		va_list list;                            \
		if ((flags) & (O_CREAT | O_TMPFILE)) {   \
			va_start(list, flags);           \
			mode = va_arg(list, mode_t);     \
			va_end(list);                    \
		}                                        \
	} while (0)

/*
 * open() is a cancellation point in glibc and this one is not; programs that cancel threads inside open() do not run
 * here. Only the mount table's names take this way; all others go to the real function.
 */
int open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	mode_t mode = 0;

	MODE_OF(flags, mode);
	if (mount_table(path))
		return open_any(AT_FDCWD, path, flags, mode);
	if (!real)
		real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	path = lead(path);
	return real ? real(path, flags, mode) : open_any(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	static int (*real)(int, const char *, int, ...);
	mode_t mode = 0;

	MODE_OF(flags, mode);
	if (mount_table(path))
		return open_any(dir, path, flags, mode);
	if (!real)
		real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
	path = lead(path);
	return real ? real(dir, path, flags, mode) : open_any(dir, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int dir, const char *path, int flags, ...) __attribute__((alias("openat")));

FILE *fopen(const char *path, const char *mode)
{
	static FILE *(*real)(const char *, const char *);
	int fd;

	if (mode && mode[0] == 'r' && !strchr(mode, '+') && mount_table(path)) {
		fd = open_any(AT_FDCWD, path, O_RDONLY | (strchr(mode, 'e') ? O_CLOEXEC : 0), 0);
		return fd < 0 ? NULL : fdopen(fd, "r");
	}
	if (!real)
		real = (FILE * (*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen");
	return real(lead(path), mode);
}

FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));

/* The struct for files of any size is the same on amd64. */
static int stat_at(int dir, const char *path, void *st, int flags) { return syscall(SYS_newfstatat, dir, lead(path), st, flags); }

int stat(const char *path, struct stat *st) { return stat_at(AT_FDCWD, path, st, 0); }
int stat64(const char *path, struct stat64 *st) { return stat_at(AT_FDCWD, path, st, 0); }
int lstat(const char *path, struct stat *st) { return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
int lstat64(const char *path, struct stat64 *st) { return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
int fstatat(int dir, const char *path, struct stat *st, int flags) { return stat_at(dir, path, st, flags); }
int fstatat64(int dir, const char *path, struct stat64 *st, int flags) { return stat_at(dir, path, st, flags); }

int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	return syscall(SYS_statx, dir, lead(path), flags, mask, st);
}

int access(const char *path, int mode) { return syscall(SYS_access, lead(path), mode); }

int faccessat(int dir, const char *path, int mode, int flags)
{
	static int (*real)(int, const char *, int, int);

	if (!real)
		real = (int (*)(int, const char *, int, int))dlsym(RTLD_NEXT, "faccessat");
	return real(dir, lead(path), mode, flags);
}
