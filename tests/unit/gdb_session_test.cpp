// What packets mean, on a machine that stands in for the emulator; and the server on its socket.
#include "gdb/session.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "gdb/packet.hpp"
#include "gdb/registers.hpp"
#include "gdb/server.hpp"
#include "gdb_machine.hpp"

namespace cmma::gdb {
namespace {

using Next = Session::Next;

class GdbSession : public testing::Test {
 protected:
  GdbSession() { session.stopped(1, CMMA_GDB_BREAKPOINT, 0); }

  std::string ask(std::string_view packet) {
    sent.clear();
    EXPECT_EQ(session.handle(packet), Next::stay) << packet;
    std::string all;
    for (const std::string& one : sent) all += (all.empty() ? "" : "|") + one;
    return all;
  }

  GdbMachine machine;
  Stops stops;
  std::vector<std::string> sent;
  Session session{machine.table, stops, [this](std::string_view packet) { sent.emplace_back(packet); }};
};

TEST_F(GdbSession, Registers) {
  machine.registers[1].general[2] = 0x1122334455667788;
  machine.registers[1].psw_address = 0xabcdef;
  EXPECT_EQ(ask("p1"), "0000000000abcdef");
  EXPECT_EQ(ask("p4"), "1122334455667788");
  EXPECT_EQ(ask("P4=8877665544332211"), "OK");
  EXPECT_EQ(machine.registers[1].general[2], 0x8877665544332211u);
  EXPECT_EQ(ask("P4=88"), "E01");
  EXPECT_EQ(ask("pffff"), "E01");
  EXPECT_EQ(ask("P43=0000000000000000"), "E01");  // the clock comparator can be looked at only
  const std::string all = ask("g");
  EXPECT_EQ(all.size(), 2u * (18 * 8 + 16 * 4 + 4 + 16 * 8 + 16 * 8 + 4 * 8));
  EXPECT_EQ(ask("G" + all), "OK");
  EXPECT_EQ(ask("G" + all + "00"), "E01");
  EXPECT_EQ(ask("G12"), "E01");
  machine.refuses = true;
  EXPECT_EQ(ask("P0=ffffffffffffffff"), "E02");
}

TEST_F(GdbSession, TargetDescriptionNamesEveryRegister) {
  std::string document = ask("qXfer:features:read:target.xml:0,1000").substr(1);
  document += ask("qXfer:features:read:target.xml:1000,1000").substr(1);
  for (const char* name :
       {"s390:64-bit", "org.gnu.gdb.s390.core", "\"pswm\"", "\"r15\"", "\"acr0\"", "\"fpc\"", "\"f15\""})
    EXPECT_NE(document.find(name), std::string::npos) << name;
  EXPECT_EQ(ask("qXfer:features:read:target.xml:ffffff,10"), "l");
  EXPECT_EQ(ask("qXfer:features:read:other.xml:0,10"), "E00");
  EXPECT_EQ(ask("qXfer:features:read:target.xml:x"), "E01");
}

TEST_F(GdbSession, Memory) {
  machine.store(0x1ff8, 0x0102030405060708);
  EXPECT_EQ(ask("m1ff8,8"), "0102030405060708");
  EXPECT_EQ(ask("M2000,2:abcd"), "OK");
  EXPECT_EQ(ask("m1ffe,4"), "0708abcd");
  EXPECT_EQ(ask(std::string_view("X2002,2:\x00}", 10)), "OK");
  EXPECT_EQ(ask("m2002,2"), "007d");
  EXPECT_EQ(ask("m40000,1"), "E1a");
  EXPECT_EQ(ask("m3fffe,4"), "0000");  // what comes before the discarded block
  EXPECT_EQ(ask("m100000,1"), "E05");
  EXPECT_EQ(ask("mffffffffffffffff,2"), "E05");
  EXPECT_EQ(ask("M40000,1:00"), "E1a");
  for (const char* bad : {"m", "m0", "m0,", "mx,1", "m0,1,2", "M0,2:00", "M0,1:0", "M0,1", "M", "X0,1:", "X"})
    EXPECT_EQ(ask(bad), "E01") << bad;
  EXPECT_EQ(ask("m0,ffffffffffffffff").size(), longest_packet);
}

// A segment table at 0x10000, a page table at 0x12000; virtual 0x101000 is real 0x3000.
TEST_F(GdbSession, VirtualMemory) {
  cmma_gdb_registers& registers = machine.registers[1];
  registers.psw_mask = 1ull << 58;
  registers.control[1] = 0x10000;
  registers.prefix = 0x20000;
  machine.store(0x10000, 0x12800 | 0x20);
  machine.store(0x10008, 0x12000);
  machine.store(0x10010, 0x40000);  // a page table in the discarded block
  machine.store(0x12000, 0);
  machine.store(0x12008, 0x3000);
  machine.store(0x12010, 0x3400);
  machine.store(0x3000, 0x1111);
  machine.store(0x20008, 0x2222);
  EXPECT_EQ(ask("m101000,8"), "0000000000001111");
  EXPECT_EQ(ask("m100008,8"), "0000000000002222");  // real 8 is in the prefix area
  EXPECT_EQ(ask("m102000,8"), "E11");
  EXPECT_EQ(ask("m0,8"), "E10");
  EXPECT_EQ(ask("m200000,8"), "E1a");
  EXPECT_EQ(ask("m80000000,8"), "E38");
  EXPECT_EQ(ask("m40000000,8"), "E10");  // beyond the table's length
  registers.control[1] = 0x30000 | 4;
  EXPECT_EQ(ask("m101000,8"), "E12");  // an entry of the wrong level
  registers.control[0] = 1 << 23;
  registers.control[1] = 0x10000;
  machine.store(0x10018, 0x400);
  EXPECT_EQ(ask("m303000,8"), "0000000000001111");  // a large page at 0
}

TEST_F(GdbSession, Threads) {
  EXPECT_EQ(ask("qfThreadInfo"), "m1,2");
  EXPECT_EQ(ask("qC"), "QC2");
  EXPECT_EQ(ask("T2"), "OK");
  EXPECT_EQ(ask("T3"), "E02");
  EXPECT_EQ(ask("Hg1"), "OK");
  EXPECT_EQ(ask("Hg7fffffff"), "E02");
  EXPECT_EQ(ask("Hg"), "E01");
  EXPECT_EQ(ask("Hx1"), "E01");
  EXPECT_EQ(from_hex(ask("qThreadExtraInfo,2")), "CPU 0001, waiting");
}

TEST_F(GdbSession, Stops) {
  EXPECT_EQ(ask("Z0,1000,2"), "OK");
  EXPECT_EQ(ask("Z1,2ffe,4"), "OK");
  EXPECT_EQ(ask("Z2,5000,8"), "OK");
  EXPECT_EQ(ask("Z3,6000,1"), "OK");
  EXPECT_TRUE(stops.breaks_at(0x1000));
  EXPECT_TRUE(stops.breaks_in_page(0x2000));
  EXPECT_FALSE(stops.breaks_in_page(0x3000));
  EXPECT_TRUE(stops.watches(0x4ffc, 0x5003, true));
  EXPECT_FALSE(stops.watches(0x5000, 0x5000, false));
  EXPECT_TRUE(stops.watches(0x6000, 0x6007, false));
  EXPECT_FALSE(stops.watches(0x5008, 0x5fff, true));
  EXPECT_EQ(ask("z0,1000,2"), "OK");
  EXPECT_EQ(ask("z0,1000,2"), "OK");
  EXPECT_FALSE(stops.breaks_at(0x1000));
  EXPECT_EQ(ask("Z9,0,0"), "");
  for (const char* bad : {"Z", "Z0", "Z0,1", "Z2,0,0", "Z2,ffffffffffffffff,2", "Zx,1,1"})
    EXPECT_EQ(ask(bad), "E01") << bad;
  for (std::uint64_t i = 0; i < Stops::most + 2; ++i) static_cast<void>(stops.add_breakpoint(i * 2));
  EXPECT_EQ(ask("Z0,77777771,2"), "E02");
}

TEST_F(GdbSession, Reports) {
  sent.clear();
  session.report_stop();
  EXPECT_TRUE(sent.empty()) << "nobody has asked";
  EXPECT_EQ(ask("?"), "T05thread:2;swbreak:;");
  sent.clear();
  ASSERT_EQ(session.handle("vCont;c"), Next::go);
  session.stopped(0, CMMA_GDB_STEP, 0);
  session.report_stop();
  session.report_stop();
  EXPECT_EQ(sent, (std::vector<std::string>{"T05thread:1;"}));
  EXPECT_EQ(ask("Z4,5000,8"), "OK");
  sent.clear();
  ASSERT_EQ(session.handle("c"), Next::go);
  session.stopped(0, CMMA_GDB_WATCHPOINT, 0x5000);
  session.report_stop();
  ASSERT_EQ(session.handle("c"), Next::go);
  session.stopped(1, CMMA_GDB_INTERRUPT, 0);
  session.report_stop();
  ASSERT_EQ(session.handle("c"), Next::go);
  session.report_end(1);
  EXPECT_EQ(sent, (std::vector<std::string>{"T05thread:1;awatch:5000;", "T02thread:2;", "W01"}));
}

TEST_F(GdbSession, Orders) {
  ASSERT_EQ(session.handle("vCont;s:1"), Next::go);
  EXPECT_EQ(session.orders()[0].order, CMMA_GDB_STEP_ON);
  EXPECT_EQ(session.orders()[1].order, CMMA_GDB_STAY);
  ASSERT_EQ(session.handle("vCont;r1000,1010:2;c"), Next::go);
  EXPECT_EQ(session.orders()[0].order, CMMA_GDB_GO);
  EXPECT_EQ(session.orders()[1].first, 0x1000u);
  EXPECT_EQ(session.orders()[1].last, 0x100fu);
  ASSERT_EQ(session.handle("s"), Next::go);
  EXPECT_EQ(session.orders()[1].order, CMMA_GDB_STEP_ON);
  EXPECT_EQ(session.orders()[0].order, CMMA_GDB_GO);
  for (const char* bad : {"vCont;", "vCont;x", "vCont;c:9", "vCont;r1", "vCont;s:zz", "cxyz"})
    EXPECT_EQ(ask(bad), "E01") << bad;
  EXPECT_EQ(session.handle("D"), Next::detach);
  EXPECT_EQ(session.handle("k"), Next::kill);
}

TEST_F(GdbSession, Monitor) {
  const auto monitor = [&](const std::string& command) {
    std::string text;
    std::string answer = ask("qRcmd," + to_hex(command));
    while (answer.starts_with("O") && answer != "OK") {
      text += from_hex(answer.substr(1, answer.find('|') - 1)).value_or("?");
      answer.erase(0, answer.find('|') + 1);
    }
    EXPECT_EQ(answer, "OK");
    return text;
  };
  EXPECT_EQ(monitor("cmma matrix"), "an answer\n");
  EXPECT_EQ(monitor("cmma block v:0x1234"), "an answer\n");
  EXPECT_EQ(machine.commands, "matrix;block 0x1234;");
  EXPECT_NE(monitor("translate 40000").find("block volatility (001A)"), std::string::npos);
  EXPECT_NE(monitor("translate x").find("not a hexadecimal address"), std::string::npos);
  EXPECT_NE(monitor("cpus").find("CPU 0001 (thread 2): waiting"), std::string::npos);
  EXPECT_NE(monitor("help").find("translate ADDRESS"), std::string::npos);
  EXPECT_EQ(monitor("now"), "1000 instructions\n");
  EXPECT_EQ(monitor("until 1000"), "1000 instructions are done already\n");
  EXPECT_EQ(monitor("until 12k"), "'12k' is not a decimal number\n");
  EXPECT_EQ(machine.stop_at, 0u);
  EXPECT_EQ(monitor("until 1001"), "1000 instructions are done; `continue` stops at 1001\n");
  EXPECT_EQ(machine.stop_at, 1001u);
  machine.is_deterministic = false;
  EXPECT_NE(monitor("until 2000").find("only a deterministic run"), std::string::npos);
  EXPECT_NE(monitor("nonsense").find("not a command"), std::string::npos);
  EXPECT_EQ(ask("qRcmd,4"), "E01");
}

TEST_F(GdbSession, AnyPacketIsAnswered) {
  std::mt19937 random(1);
  constexpr std::string_view alphabet = "?gGpPmMXHTZzcsDvCont;kqQRcmd,0123456789abcdef:=-xrS";
  for (int round = 0; round < 50000; ++round) {
    std::string packet;
    for (auto length = random() % 24; length != 0; --length)
      packet.push_back(alphabet[random() % alphabet.size()]);
    sent.clear();
    const bool stays = session.handle(packet) == Next::stay;
    EXPECT_TRUE(!stays || !sent.empty()) << packet;
  }
}

// ---- the server ----

class Client {
 public:
  explicit Client(const std::string& messages) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(messages.substr(messages.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = base::Descriptor{::socket(AF_INET, SOCK_STREAM, 0)};
    connected = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void send(std::string_view bytes) const {
    static_cast<void>(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  // All up to this many bytes.
  [[nodiscard]] std::string receive(std::size_t length) const {
    std::string all(length, '\0');
    const ssize_t got = ::recv(socket_.get(), all.data(), length, MSG_WAITALL);
    all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return all;
  }
  void close() { socket_.close(); }
  bool connected = false;

 private:
  base::Descriptor socket_;
};

TEST(GdbServer, AClientComesStopsAndGoes) {
  GdbMachine machine;
  auto server = Server::open(0, false, machine.table);
  ASSERT_TRUE(server);
  EXPECT_FALSE((*server)->attention());
  Client client(machine.messages);
  ASSERT_TRUE(client.connected);
  EXPECT_TRUE((*server)->attention());
  client.send("$Z0,1000,2#d5$x$vCont;c#a8");
  EXPECT_EQ((*server)->stop(0, CMMA_GDB_INTERRUPT, 0, false)[1].order, CMMA_GDB_GO);
  EXPECT_EQ(client.receive(7), "+$OK#9a");
  EXPECT_EQ(client.receive(1), "+");
  EXPECT_TRUE((*server)->stops().breaks_at(0x1000));
  client.send("\x03");
  std::thread closer([&] {
    EXPECT_EQ(client.receive(16), "$T02thread:1;#d4");
    Client second(machine.messages);
    EXPECT_EQ(second.receive(1), "") << "a second client is turned away";
    client.send("$m0,4");
    client.close();
  });
  const auto orders = (*server)->stop(0, CMMA_GDB_INTERRUPT, 0, false);
  closer.join();
  EXPECT_EQ(orders[0].order, CMMA_GDB_GO);
  EXPECT_FALSE((*server)->stops().has_breakpoints()) << "stops of a client that is gone";
  EXPECT_NE(machine.messages.find("the client is gone"), std::string::npos);
}

TEST(GdbServer, ItsListenerAsksTheMachineToStop) {
  GdbMachine machine;
  auto server = Server::open(0, true, machine.table);
  ASSERT_TRUE(server);
  const Client client(machine.messages);
  while (machine.interrupts == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  client.send("$D#44");
  EXPECT_EQ((*server)->stop(0, CMMA_GDB_INTERRUPT, 0, false)[0].order, CMMA_GDB_GO);
  EXPECT_EQ(client.receive(7), "+$OK#9a");
}

TEST(GdbServer, AMachineThatEndsIsNotKeptByItsClient) {
  GdbMachine machine;
  auto server = Server::open(0, true, machine.table);
  ASSERT_TRUE(server);
  const Client client(machine.messages);
  machine.ending = true;
  static_cast<void>((*server)->stop(0, CMMA_GDB_INTERRUPT, 0, true));
}

TEST(GdbServer, ThePortIsTakenOrWrong) {
  GdbMachine machine;
  auto first = Server::open(0, false, machine.table);
  ASSERT_TRUE(first);
  const auto port =
      static_cast<unsigned>(std::stoi(machine.messages.substr(machine.messages.rfind(':') + 1)));
  EXPECT_FALSE(Server::open(port, false, machine.table));
  EXPECT_FALSE(Server::open(65536, false, machine.table));
}

}  // namespace
}  // namespace cmma::gdb
