// Whether other work takes the processor from this process's threads, and what they do then.
#pragma once

namespace fathom {

// Watches from now on, in a thread of its own. While threads have to wait for the processor:
// - GNU OpenMP's threads spin for a microsecond before they sleep, in place of milliseconds. A thread that
//   spins takes the time of the one it waits for.
// - less work is worth waking another thread for (`parallel.hpp`).
// No result depends on it. Without effect where the user has said how threads wait (GOMP_SPINCOUNT or
// OMP_WAIT_POLICY), on another runtime than GNU's, and where the system does not count waiting.
void yield_to_other_work();

// Whether it is so now.
bool beside_other_work();

} // namespace fathom
