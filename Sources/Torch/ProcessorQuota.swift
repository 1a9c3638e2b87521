/// What a control group (a container, a batch job) grants this process of the machine's processors, on Linux.
/// - Source: Linux kernel, "Control Group v2" (`cpu.max`) and "CFS Bandwidth Control" (`cpu.cfs_quota_us`).
struct ProcessorQuota {
  /// In processors: 1.5 is one and a half. Nil where nothing limits it.
  let processors: Double?

  /// - Parameter read: the text of a file, nil where there is none.
  init(read: (String) -> String?) {
    let lines = (read("/proc/self/cgroup") ?? "").split(separator: "\n")
    var found: [Double] = []
    for line in lines {
      // number : controllers with commas, none in version 2 : path
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      for path in Self.ancestors(String(fields[2])) {
        if fields[1].isEmpty {
          found += Self.second(read("/sys/fs/cgroup" + path + "/cpu.max"))
        } else if controllers.contains("cpu") {
          for mount in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/" + fields[1]] {
            found += Self.first(
              quota: read(mount + path + "/cpu.cfs_quota_us"),
              period: read(mount + path + "/cpu.cfs_period_us"))
          }
        }
      }
    }
    processors = found.min()
  }

  /// Threads that the quota keeps busy: it is rounded down, since threads that wait for each other are all
  /// held up when one has used up its share.
  var threadLimit: Int? { processors.map { $0 >= 1e6 ? 1_000_000 : max(1, Int($0)) } }

  /// A group's path with those above it, whose limits hold too; inside a container the files of its own group
  /// stand at the root. `/a/b` → `/a/b`, `/a` and the empty path
  private static func ancestors(_ path: String) -> [String] {
    var names = path.split(separator: "/").prefix(64)
    var list: [String] = []
    while !names.isEmpty {
      list.append("/" + names.joined(separator: "/"))
      names.removeLast()
    }
    return list + [""]
  }

  /// `max 100000` or `150000 100000`: microseconds of time in a period of microseconds
  private static func second(_ text: String?) -> [Double] {
    let numbers = (text ?? "").split { $0 == " " || $0 == "\n" }.map { Double($0) ?? 0 }
    return numbers.count == 2 ? share(numbers[0], numbers[1]) : []
  }

  /// A quota of -1 is none.
  private static func first(quota: String?, period: String?) -> [Double] {
    func number(_ text: String?) -> Double { Double((text ?? "").filter { !$0.isWhitespace }) ?? 0 }
    return share(number(quota), number(period))
  }

  private static func share(_ quota: Double, _ period: Double) -> [Double] {
    quota > 0 && period > 0 && quota.isFinite && period.isFinite ? [quota / period] : []
  }
}
