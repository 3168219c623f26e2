import Foundation
import OperatingSystem
import TestSupport
import Testing

/// Serialized tests on real hosts, which OpenTofu or Terraform makes of namespaces.
@Suite(
    "Real infrastructure", .slow, .serialized, .askedFor("InfrastructureTests"),
    .enabled(if: RealHosts.isMissing == nil, "\(RealHosts.isMissing ?? "")"))
enum InfrastructureTests {}

/// The requirements of real hosts; `Scripts/real-hosts` installs them.
enum RealHosts {
    /// The missing requirement; `nil` for none.
    static let isMissing: String? = {
        #if !os(Linux)
            return "hosts of namespaces need Linux"
        #else
            if geteuid() != 0 { return "hosts of namespaces need root" }
            let programs = [("sshd", "/usr/sbin/sshd"), ("cloud-init", "/usr/bin/cloud-init")]
            let missing = programs.filter { !FileManager.default.isExecutableFile(atPath: $0.1) }.map(\.0)
            let tools = ["ip", "sudo", "unshare", "ssh", "ansible-playbook"].filter { find($0) == nil }
            if !(missing + tools).isEmpty {
                return "\((missing + tools).joined(separator: ", ")) missing; Scripts/real-hosts installs them"
            }
            if find("terraform") == nil && find("tofu") == nil { return "neither tofu nor terraform is on the PATH" }
            return nil
        #endif
    }()

    /// The search path with the folders of `Scripts/real-hosts`.
    static let searchPath: String = {
        let variables = ProcessInfo.processInfo.environment
        let cache = variables["XDG_CACHE_HOME"] ?? "\(variables["HOME"] ?? "/root")/.cache"
        return "\(variables["PATH"] ?? "/usr/bin:/bin"):/usr/sbin:/sbin:\(cache)/typed-environments/ansible/bin"
    }()

    static func find(_ program: String) -> String? {
        searchPath.split(separator: ":").map { "\($0)/\(program)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }
}
