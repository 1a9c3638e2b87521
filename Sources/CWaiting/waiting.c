// How long libtorch's threads spin before they sleep, where the user has not said so.
//
// GNU OpenMP lets a thread that waits for the others spin for milliseconds. Beside other work (a second
// training, a server, anything busy) the spinning takes the time of the thread that is waited for. It reads
// GOMP_SPINCOUNT when it is loaded, which is before `main` and before every constructor of this program, and
// libc sets `environ` only after functions in .preinit_array have run: so the environment cannot be changed
// in time, and the program is started once more with the setting. That takes the time of loading the
// libraries, a few milliseconds.
//
// Only the program named fathom does so: neither libraries nor tests nor a loader that was started by hand.
#ifdef __linux__
#define _GNU_SOURCE
#include <limits.h>
#include <string.h>
#include <unistd.h>

// A turn of the loop takes some nanoseconds: about as long as waking a thread.
static const char kSetting[] = "GOMP_SPINCOUNT=1000";

static int is_set(const char *entry) {
  return strncmp(entry, "GOMP_SPINCOUNT=", 15) == 0 || strncmp(entry, "OMP_WAIT_POLICY=", 16) == 0;
}

static void start_with_short_waits(int argc, char **argv, char **envp) {
  (void)argc;
  size_t count = 0;
  for (; envp[count]; count++)
    if (is_set(envp[count])) return;

  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  static const char name[] = "/fathom";
  const ssize_t name_length = sizeof name - 1;
  if (length < name_length) return;
  path[length] = 0;
  if (strcmp(path + length - name_length, name) != 0) return;

  char *environment[count + 2];
  memcpy(environment, envp, count * sizeof *envp);
  environment[count] = (char *)kSetting;
  environment[count + 1] = NULL;
  execve(path, argv, environment);
  // Where that is not allowed, the program goes on as it is.
}

__attribute__((section(".preinit_array"), used)) static void (*const start)(int, char **, char **) =
    start_with_short_waits;
#endif
