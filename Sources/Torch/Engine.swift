import CTorch
import Foundation

/// Settings of the engine that hold for the whole process.
public enum Engine {
  public static var version: String { String(cString: ct_version()) }

  /// The vector instructions that the kernels use, as libtorch names them (`AVX512`, `AVX2`, …).
  public static var cpuCapability: String { String(cString: ct_cpu_capability()) }

  /// Whether the processor multiplies bfloat16 matrices faster than float32 ones.
  public static var hasFastBFloat16: Bool { ct_cpu_has_bfloat16() }

  public static var threadCount: Int {
    get { Int(ct_thread_count()) }
    set { ct_set_thread_count(Int32(newValue)) }
  }

  /// One thread a physical core that this process may run on, unless OMP_NUM_THREADS says otherwise: two threads of one core
  /// share the units that multiply.
  public static func useAllCores() {
    let cores = ct_physical_core_count()
    if cores > 0, ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil { ct_set_thread_count(cores) }
  }

  /// Keeps freed memory in the process between training steps instead of handing it back to the system.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  /// The processor's name as the system gives it.
  public static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }

  /// The most memory that this process has held since its start or ``forgetPeakMemory()``, in bytes; nil where the
  /// system does not say.
  public static var peakMemoryBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Lets the next peak be that of what comes now; what the process holds already still counts.
  public static func forgetPeakMemory() {
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }
}
