// SPDX-License-Identifier: GPL-3.0-or-later
// Errors: UserError for input, options and files; SPI_ASSERT for our own bugs.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace spi {

/// The user's mistake, or the machine's: bad input, option, file, full disk. One clear sentence,
/// with context added on the way up. Caught once, in cli::main.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The device asked for is not there (exit status 3).
class DeviceError : public UserError {
 public:
  using UserError::UserError;
};

/// Options that contradict each other or the input (exit status 2).
class UsageError : public UserError {
 public:
  using UserError::UserError;
};

/// SIGINT or SIGTERM arrived; thrown where work can stop cleanly.
class Cancelled : public UserError {
 public:
  using UserError::UserError;
};

/// Joins the parts as operator<< prints them.
template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

/// Throws a UserError made of the parts.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw UserError(text_of(parts...));
}

/// Throws a UsageError made of the parts.
template <class... Parts>
[[noreturn]] void fail_usage(const Parts&... parts) {
  throw UsageError(text_of(parts...));
}

/// Calls `work` and appends "\n  while <context>" to a UserError that leaves it.
template <class Work>
decltype(auto) with_context(const std::string& context, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const DeviceError&) {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const UsageError& error) {
    throw UsageError(text_of(error.what(), "\n  while ", context));
  } catch (const UserError& error) {
    throw UserError(text_of(error.what(), "\n  while ", context));
  }
}

/// Prints the broken condition to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace spi

/// A condition that only our own bug can break; checked in release builds too.
#define SPI_ASSERT(condition) \
  ((condition) ? void(0) : ::spi::assertion_failed(#condition, __FILE__, __LINE__))
