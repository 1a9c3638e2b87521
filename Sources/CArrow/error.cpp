#include "shim.hpp"

#ifdef FATHOM_ARROW
#include <arrow/util/config.h>
#endif

namespace {
thread_local std::string last_error;
thread_local int last_kind = CA_ERROR_FILE;
} // namespace

void fathom::tables::remember(const std::string &message, int kind) {
  last_error = message;
  last_kind = kind;
}

int fathom::tables::refuse_absent() {
  remember("this Fathom was built without Apache Arrow", CA_ERROR_ABSENT);
  return -1;
}

extern "C" {

const char *ca_last_error(void) { return last_error.c_str(); }
int ca_last_error_kind(void) { return last_kind; }

#ifdef FATHOM_ARROW
bool ca_is_available(void) { return true; }
const char *ca_version(void) { return ARROW_VERSION_STRING; }
#else
bool ca_is_available(void) { return false; }
const char *ca_version(void) { return ""; }
#endif
}
