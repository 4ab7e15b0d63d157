/* fsexer: does a file hold what was written to it, whichever way it is written and read?
 *
 * Runs in the guest. Usage: fsexer [OPTION...] FILE
 *
 *   -s SEED      the same seed does the same operations (default 1)
 *   -n COUNT     operations (default 5000)
 *   -t SECONDS   stop earlier, after so many seconds
 *   -l KBYTES    largest size of the file (default 4096)
 *   -r COUNT     readers: processes and threads that read and map the file while it is changed (default 0)
 *   -p COUNT     instances, each with a file of its own (default 1)
 *   -S           the file is written once, then the instances share it and only read
 *   -K           also use the kernel's knobs (drop_caches, compact_memory); for root
 *   -D           no O_DIRECT writes
 *   -b NUMBER    break the file behind the model's back at this operation, to see that it is found
 *   -v           say how often each operation was done
 *
 * Reads, writes, maps, truncates, punches, locks, forks, splices ... at random, and compares every byte that
 * comes back with the model (model.h). At the first difference it prints what was expected, what was found,
 * where that may come from, what other ways of reading see, and the operations that led to it. Exit status: 0
 * no difference, 1 a difference or an operation failed, 2 wrong usage or could not start.
 */
#include "fsexer.h"

#include <sys/syscall.h>
#include <sys/wait.h>

uint64_t seed = 1, count = 5000, break_at = ~0ull;
unsigned seconds, readers;
size_t limit = 4096 << 10;
int is_static, use_knobs, no_direct_writes, verbose;
char path[512];
static unsigned instances = 1;

struct Model* m;
const char* doing = "start";
int scratch = -1, pipe_ends[2], memory = -1;
uint8_t *buffer, *expected;

/* One instance: the writer and its readers. Returns its exit status. */
static int run_instance(unsigned number) {
  choose_from(seed * 0x9e3779b97f4a7c15u + 12345 + number * 7919);
  buffer = aligned_alloc(PAGE, limit + PAGE);
  expected = aligned_alloc(PAGE, limit + PAGE);
  if (!buffer || !expected) cannot("memory");
  open_file();
  make_windows();
  scratch = syscall(SYS_memfd_create, "fsexer", 0);
  if (scratch < 0 || pipe(pipe_ends)) cannot("scratch");
  memory = open("/proc/self/mem", O_RDWR);

  start_readers();
  work();
  m->stop = 1;
  if (!join_readers() || m->failed) return 1;
  printf(
      "fsexer: %s: seed %llu, %llu operations, %llu MB compared, readers compared %llu times (%llu retries), "
      "0 wrong\n",
      path, (unsigned long long)seed, (unsigned long long)m->operations, (unsigned long long)(checked >> 20),
      (unsigned long long)m->reader_checks, (unsigned long long)m->reader_retries);
  if (verbose && number == 0) print_counts();
  fflush(stdout);
  return 0;
}

/* A new file, with data from the start to the end if nothing will be written later. */
static void make_file(void) {
  m = model_new(limit, seed);
  int made = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (made < 0) {
    perror(path);
    exit(2);
  }
  if (is_static) {
    make_data(m, 0, 0, limit - 1000, m->bytes);
    m->size = limit - 1000;
    for (size_t done = 0; done < m->size;) {
      ssize_t got = write(made, m->bytes + done, m->size - done);
      if (got <= 0) cannot("write");
      done += got;
    }
    if (fsync(made)) cannot("fsync");
    posix_fadvise(made, 0, 0, POSIX_FADV_DONTNEED);
  }
  close(made);
}

static int parse(int argc, char** argv) {
  int option;
  while ((option = getopt(argc, argv, "s:n:t:l:r:p:SKDb:v")) != -1) switch (option) {
      case 's':
        seed = strtoull(optarg, NULL, 0);
        break;
      case 'n':
        count = strtoull(optarg, NULL, 0);
        break;
      case 't':
        seconds = strtoul(optarg, NULL, 0);
        break;
      case 'l':
        limit = (strtoul(optarg, NULL, 0) << 10) / REGION * REGION;
        break;
      case 'r':
        readers = strtoul(optarg, NULL, 0);
        break;
      case 'p':
        instances = strtoul(optarg, NULL, 0);
        break;
      case 'S':
        is_static = 1;
        break;
      case 'K':
        use_knobs = 1;
        break;
      case 'D':
        no_direct_writes = 1;
        break;
      case 'b':
        break_at = strtoull(optarg, NULL, 0);
        break;
      case 'v':
        verbose = 1;
        break;
      default:
        return 0;
    }
  return optind == argc - 1 && limit >= 2 * REGION && readers <= MOST && instances && instances <= MOST &&
         seed;
}

/* What an instance of its own has: a file, or only the history and the flags of a file that all of them read.
 */
static void make_own(const char* name, unsigned number) {
  if (is_static) {
    struct Model* shared = m;
    m = shared_memory(sizeof(*m));
    memcpy(m, shared, sizeof(*m));
    return;
  }
  if (instances > 1) snprintf(path, sizeof(path), "%s.%u", name, number);
  seed += number;
  make_file();
}

int main(int argc, char** argv) {
  if (!parse(argc, argv)) {
    fprintf(stderr,
            "usage: fsexer [-s SEED] [-n COUNT] [-t SECONDS] [-l KBYTES] [-r READERS] [-p INSTANCES] [-SKDv] "
            "[-b NUMBER] FILE\n");
    return 2;
  }
  catch_faults();
  const char* name = argv[optind];
  snprintf(path, sizeof(path), "%s", name);
  if (is_static) make_file();
  pid_t children[MOST];
  for (unsigned i = 0; i < instances; i++) {
    fflush(stdout);
    children[i] = fork();
    if (children[i] < 0) return perror("fsexer: fork"), 2;
    if (children[i]) continue;
    make_own(name, i);
    exit(run_instance(i));
  }
  int bad = 0;
  for (unsigned i = 0; i < instances; i++) {
    int status;
    if (waitpid(children[i], &status, 0) < 0 || status) bad = 1;
  }
  printf("fsexer: %s\n", bad ? "FAILED" : "all right");
  return bad;
}
