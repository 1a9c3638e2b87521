import Testing

@testable import Torch

/// Files as the kernel writes them, from containers with limits.
@Suite struct ProcessorQuotaTests {
  private func quota(_ files: [String: String]) -> ProcessorQuota { ProcessorQuota { files[$0] } }

  @Test func `without a limit there is no quota`() {
    #expect(quota([:]).processors == nil)
    let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n"]
    #expect(quota(files).threadLimit == nil)
  }

  @Test func `version 2 limits by cpu max`() {
    let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "100000 100000\n"]
    #expect(quota(files).processors == 1)
  }

  @Test func `the tightest limit above a group holds`() {
    let files = [
      "/proc/self/cgroup": "0::/batch/job.scope\n",
      "/sys/fs/cgroup/batch/job.scope/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/batch/cpu.max": "250000 100000\n",
    ]
    #expect(quota(files).processors == 2.5)
    #expect(quota(files).threadLimit == 2)
  }

  @Test func `version 1 limits by quota and period`() {
    let files = [
      "/proc/self/cgroup": "12:memory:/docker/1a\n4:cpu,cpuacct:/docker/1a\n1:name=systemd:/docker/1a\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files).processors == 3)
  }

  @Test func `a quota of minus one in version 1 is none`() {
    let files = [
      "/proc/self/cgroup": "4:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files).processors == nil)
  }

  @Test func `less than a processor still is one thread`() {
    let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "20000 100000\n"]
    #expect(quota(files).threadLimit == 1)
  }

  @Test(arguments: ["", "100000", "a b", "100000 0", "-5 100000", "nan 1", "1e400 1", "1 2 3"])
  func `words that are no limit are none`(text: String) {
    let files = ["/proc/self/cgroup": "0::/\nnonsense\n::\n", "/sys/fs/cgroup/cpu.max": text]
    #expect(quota(files).threadLimit == nil)
  }
}
