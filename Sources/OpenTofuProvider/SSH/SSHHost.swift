import Commands
import EnvironmentDomain
import JSONText

/// A machine that provisioning made, reached over SSH.
struct SSHHost: Hashable, Sendable {
    /// The machine's name in the infrastructure and in the playbooks.
    let name: String
    let address: InstanceAddress
    let port: SSHPort
    let user: SSHUsername

    /// The name, user, address and port for people, for example `web (deploy@10.0.0.7:22)`.
    var title: String { "\(name) (\(user)@\(address):\(port))" }

    /// Returns the hosts in the output `hosts`, sorted by name; empty when the output is not set.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` when the output is invalid, and `no_credentials` when
    ///   neither a host nor the environment has a user.
    static func all(of environment: AnyEnvironmentState) throws(StepError) -> [SSHHost] {
        let context = environment.context
        guard let text = context.outputs[OutputKey.hosts.name] else { return [] }
        do {
            let entries = try JSONTextDecoder().decode([String: InstanceHost].self, from: Array(text.utf8))
            return try entries.sorted { $0.key < $1.key }.map { name, entry in
                guard isName(name) else {
                    throw StepError(
                        kind: .invalidOutput,
                        summary:
                            "\"\(name)\" is no name for a host; it has letters, digits, dots, dashes and underscores")
                }
                return SSHHost(
                    name: name, address: entry.address, port: entry.port ?? context.sshPort,
                    user: try entry.user ?? context.requiredCredentials.username)
            }
        } catch let error as StepError where error.kind != .invalidOutput {
            // The output is valid, but the environment has no user for the login.
            throw error
        } catch {
            throw StepError(
                kind: .invalidOutput,
                summary: "the output \(OutputKey.hosts.name) cannot be used: \(reason(error)); it is an object like "
                    + "{\"web\":{\"address\":\"10.0.0.7\",\"port\":22,\"user\":\"deploy\"}}")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "\(place(context.codingPath)) has no \(key.stringValue)"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(place(context.codingPath)): \(context.debugDescription)"
        case DecodingError.dataCorrupted(let context): "\(place(context.codingPath)): \(context.debugDescription)"
        case let error as JSONError: "it is not JSON: \(error)"
        case let error as StepError: error.summary
        default: "\(error)"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "it" : path.map(\.stringValue).joined(separator: ".")
    }

    /// Returns whether a name has no other meaning in an inventory or in the configuration of `ssh`.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 63 else { return false }
        return name.utf8.allSatisfy { letters.contains($0) || ".-_".utf8.contains($0) } && !taken.contains(name)
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    private static let taken = ["all", "ungrouped", "localhost"]
}
