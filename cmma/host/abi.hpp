// What is behind the pointer of the C ABI.
//
// Who may use it: abi.cpp, and the C ABI of the modules above (race/abi.cpp).
#ifndef CMMA_HOST_ABI_HPP
#define CMMA_HOST_ABI_HPP

#include <memory>

#include "cmma/cmma.h"
#include "host/host.hpp"

struct cmma_host {
  std::unique_ptr<cmma::host::Host> host;
};

#endif
