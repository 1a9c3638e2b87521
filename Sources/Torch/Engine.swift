import CTorch
import Foundation

/// Settings of the engine that hold for the whole process.
public enum Engine {
  public static var version: String { String(cString: ct_version()) }

  /// Whether the processor multiplies bfloat16 matrices faster than float32 ones.
  public static var hasFastBFloat16: Bool { ct_cpu_has_bfloat16() }

  public static var threadCount: Int {
    get { Int(ct_thread_count()) }
    set { ct_set_thread_count(Int32(newValue)) }
  }

  /// One thread per physical core that this process may run on (two threads of one core share the units that
  /// multiply), and no more than a control group's quota keeps busy. OMP_NUM_THREADS wins where it is set.
  public static func useAllCores() {
    if ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] != nil { return }
    let cores = ct_physical_core_count()
    let quota = ProcessorQuota { try? String(contentsOfFile: $0, encoding: .utf8) }
    let allowed = cores > 0 ? Int(cores) : threadCount
    threadCount = min(allowed, quota.threadLimit ?? allowed)
  }

  /// From now on, whenever other work takes the processor from this process's threads, they wait for each
  /// other asleep instead of spinning, and less work is cut into parts. Alone nothing changes, and no result
  /// ever does.
  ///
  /// A thread of its own watches, by the kernel's counters of the time that threads were ready to run and did
  /// not. GOMP_SPINCOUNT and OMP_WAIT_POLICY win where they are set. Linux with GNU's OpenMP only.
  public static func yieldToOtherWork() { ct_yield_to_other_work() }

  /// Whether other work takes the processor now; always false without ``yieldToOtherWork()``.
  public static var isBesideOtherWork: Bool { ct_beside_other_work() }

  // MARK: Exhaustion

  /// Its lock guards the handler.
  private final class Exhaustion: @unchecked Sendable {
    private let lock = NSLock()
    private var handler: @Sendable (String) -> Never = { fatalError($0) }

    var current: @Sendable (String) -> Never {
      get { lock.withLock { handler } }
      set { lock.withLock { handler = newValue } }
    }
  }

  private static let exhaustion = Exhaustion()

  /// What ends the program when a tensor operation finds no memory, on the CPU or on a device: there is no
  /// way back from the middle of a forward pass. It is given the operation and libtorch's text; without one,
  /// `fatalError` is called.
  public static func onExhaustion(_ handler: @escaping @Sendable (String) -> Never) {
    exhaustion.current = handler
  }

  static func exhausted(_ words: String) -> Never { exhaustion.current(words) }

  // MARK: Memory

  /// Keeps freed memory in the process between training steps instead of handing it back to the system.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  /// The processor's name as the system gives it.
  public static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }

  /// The most memory that this process has held since its start or ``forgetPeakMemory()``, in bytes; nil
  /// where the system does not say.
  public static var peakMemoryBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Starts ``peakMemoryBytes`` anew, from what the process holds now.
  public static func forgetPeakMemory() {
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }
}
