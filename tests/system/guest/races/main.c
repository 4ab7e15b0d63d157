// races WORKLOAD: the workload of one race of the catalogue; see races.h.
// races make FOLDER: what the guest's disk has (on the machine that builds it).
#include <stdio.h>
#include <string.h>

#include "workloads.h"

static const struct {
  const char* name;
  void (*run)(void);
} workloads[] = {{"r1", r1},   {"r3", r3},   {"r4", r4},   {"r5", r5},   {"r11", r11},
                 {"r13", r13}, {"r14", r14}, {"r18", r18}, {"r23", r23}, {"r24", r24},
                 {"r25", r25}, {"r27", r27}, {"r28", r28}, {"r29", r29}, {"r32", r32},
                 {"r33", r33}, {"r35", r35}, {"r39", r39}, {"r41", r41}, {"r44", r44}};

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "make") == 0) return make_files(argv[2]);
  for (unsigned i = 0; argc == 2 && i < sizeof workloads / sizeof *workloads; i++) {
    if (strcmp(argv[1], workloads[i].name) != 0) continue;
    workloads[i].run();
    printf("races: %s: all is right\n", argv[1]);
    return 0;
  }
  fprintf(stderr, "usage: races WORKLOAD\n");
  return 2;
}
