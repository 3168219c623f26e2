import EnvironmentDomain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The hosts that the tool's outputs name, and how they are reached.
///
/// Either the output `hosts`, a map of names to objects with `address` and, where they differ from the environment's,
/// `user` and `port` (an empty one means that there is nothing to log in on); or, for one host, the output `instance_address` (or `instance_ip`).
struct InstanceOutputs: Hashable, Sendable {
    let address: InstanceAddress
    let hosts: [String: Host]
    /// The other outputs that are not marked as sensitive: texts as they are, everything else as one line of JSON.
    let others: [String: String]

    struct Host: Codable, Hashable, Sendable {
        let address: InstanceAddress
        let user: SSHUsername
        let port: SSHPort
    }

    /// One output as `output -json` writes it.
    private struct Output: Decodable {
        let value: JSONValue
        let sensitive: Bool?
    }

    /// The outputs that have a meaning here, and the name under which the tool itself is remembered.
    private static let own: Set = ["hosts", "instance_address", "instance_ip", ToolProgram.output]

    /// The name of the only host where the outputs give none.
    static let onlyHost = "instance"

    /// Reads what `output -json` wrote.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` and what is expected.
    init(_ bytes: [UInt8], for context: EnvironmentContext) throws(StepError) {
        let outputs: [String: Output]
        do {
            outputs = try JSONDecoder().decode([String: Output].self, from: Data(bytes))
        } catch {
            throw StepError(kind: "invalid_output", summary: "what the tool says of its outputs is not whole JSON")
        }
        others = outputs.filter { !Self.own.contains($0.key) && $0.value.sensitive != true && !$0.value.value.isNull }
            .compactMapValues { $0.value.text ?? (try? Self.line($0.value)) }
        // Values are left out of messages: an output may hold anything.
        func open(_ name: String) throws(StepError) -> JSONValue? {
            guard let output = outputs[name], !output.value.isNull else { return nil }
            guard output.sensitive != true else {
                throw StepError(
                    kind: "invalid_output",
                    summary:
                        "the output \(name) is marked as sensitive, and an address has to be stored in the open; take "
                        + "the mark off or hand on another value")
            }
            return output.value
        }
        var address = try open("instance_address")
        if address == nil { address = try open("instance_ip") }
        if let named = try open("hosts") {
            guard let members = named.object, !members.isEmpty || address != nil else {
                throw StepError(kind: "invalid_output", summary: "the output hosts is \(Self.expectation)")
            }
            var hosts: [String: Host] = [:]
            for (name, value) in members { hosts[name] = try Self.host(name, value, context) }
            self.hosts = hosts
            // The output may name one of the hosts or say its address; otherwise the first by name is taken.
            if let address, let host = address.text.flatMap({ hosts[$0] }) {
                self.address = host.address
            } else if let address {
                self.address = try Self.address(address, "instance_address")
            } else if let first = hosts.min(by: { $0.key < $1.key }) {
                self.address = first.value.address
            } else {
                self.address = try Self.missing()
            }
        } else if let address {
            self.address = try Self.address(address, "instance_address")
            hosts = [
                Self.onlyHost: Host(
                    address: self.address, user: context.sshCredentials.username, port: context.sshPort)
            ]
        } else {
            self.address = try Self.missing()
            hosts = [:]
        }
    }

    private static let expectation =
        "a map of host names to objects with address and, where they differ from the environment's, user and port"

    private static func missing() throws(StepError) -> InstanceAddress {
        throw StepError(
            kind: "missing_output",
            summary: "there is no output instance_address and no output hosts; one of them is needed: output "
                + "\"instance_address\" { value = … }, or hosts, \(expectation)")
    }

    private static func address(_ value: JSONValue, _ place: String) throws(StepError) -> InstanceAddress {
        guard let text = value.text, let address = try? InstanceAddress(text) else {
            throw StepError(
                kind: "invalid_output", summary: "the output \(place) is not an IPv4 or IPv6 address or a host's name")
        }
        return address
    }

    private static func host(
        _ name: String, _ value: JSONValue, _ context: EnvironmentContext
    ) throws(StepError) -> Host {
        let place = "hosts[\"\(name)\"]"
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        guard let first = name.first, letters.contains(first), name.count <= 63,
            name.allSatisfy({ letters.contains($0) || "-_.".contains($0) })
        else {
            throw StepError(
                kind: "invalid_output",
                summary:
                    "\(place): a host's name is 1 to 63 letters, digits, dashes, dots and underscores, a letter or "
                    + "digit first")
        }
        guard let members = value.object, let address = members["address"] else {
            throw StepError(
                kind: "invalid_output", summary: "\(place) has no address; the output hosts is \(expectation)")
        }
        var user = context.sshCredentials.username
        if let given = members["user"], !given.isNull {
            guard let name = given.text.flatMap({ try? SSHUsername($0) }) else {
                throw StepError(kind: "invalid_output", summary: "\(place).user is not a login name")
            }
            user = name
        }
        var port = context.sshPort
        if let given = members["port"], !given.isNull {
            guard let number = given.integer.flatMap({ try? SSHPort($0) }) else {
                throw StepError(kind: "invalid_output", summary: "\(place).port is not a number from 1 to 65535")
            }
            port = number
        }
        return Host(address: try Self.address(address, "\(place).address"), user: user, port: port)
    }

    /// The hosts as one line of JSON with sorted keys.
    var hostsText: String { get throws { try Self.line(hosts) } }

    private static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
