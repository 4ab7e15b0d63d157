# What gdb does with gdb_target; run-gdb says where it is. Every line that begins with "is:" is compared with the list at
# the end of run-gdb.
set pagination off
set confirm off
set architecture s390:64-bit

# Exact on two CPUs at once: neither a hit too many nor one too few.
break counted_function
commands
  silent
  if $_thread == 1
    set $hits0 = $hits0 + 1
  else
    set $hits1 = $hits1 + 1
  end
  if $hits0 + $hits1 < 400
    continue
  end
end
set $hits0 = 0
set $hits1 = 0
continue
printf "is: hits %d %d\n", $hits0, $hits1
delete

# Storage that has no frame, without a change of its state (the guest checks that).
break look_here
continue
printf "is: paged out %lx\n", *(unsigned long *)0x1400000
python
def try_read(name, address):
    try:
        gdb.inferiors()[0].read_memory(address, 8)
        print("is: %s readable" % name)
    except gdb.MemoryError:
        print("is: %s not readable" % name)
try_read("discarded", 0x1500000)
try_read("unused", 0x1600000)
try_read("outside", 0x7fff0000)
def monitor(command):
    for line in gdb.execute("monitor " + command, to_string=True).splitlines():
        print("is: " + line)
monitor("cmma block 1400000")
monitor("translate 1500000")
monitor("cmma discard 1400000")
monitor("nonsense")
end
set var written = 0x123456789abcdef0
delete

# A watchpoint stops after each store.
watch watched
continue
printf "is: watched %lu\n", watched
continue
printf "is: watched %lu\n", watched
continue
printf "is: watched %lu\n", watched
delete

# A step is one instruction; registers are set as well as read.
tbreak spin
continue
set var spin_on = 1
python
for i in range(1000):
    before = int(gdb.parse_and_eval("$pswa"))
    length = gdb.selected_frame().architecture().disassemble(before)[0]["length"]
    gdb.execute("stepi", to_string=True)
    after = int(gdb.parse_and_eval("$pswa"))
    text = gdb.selected_frame().architecture().disassemble(before)[0]["asm"]
    if after != before + length and not text.startswith(("j", "cij", "cgij", "br", "clij")):
        print("is: a step from %x to %x over %s" % (before, after, text))
print("is: spun for 1000 steps, %s" % (int(gdb.parse_and_eval("spun")) > 100))
end
set $r11 = 0x1122334455667788
printf "is: r11 %lx\n", $r11
set $f3 = 1.5
printf "is: f3 %g\n", $f3
set $acr2 = 7
printf "is: acr2 %d\n", $acr2

# Ctrl-C finds a guest that runs; and its end. gdb is told to send it by itself.
shell (sleep 1; kill -INT $PPID) &
continue
python print("is: interrupted in %s" % gdb.selected_frame().name())
set var spin_on = 0
detach
