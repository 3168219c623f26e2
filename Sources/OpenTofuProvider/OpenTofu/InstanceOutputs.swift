import Commands
import EnvironmentDomain
import JSONText

/// The outputs of OpenTofu or Terraform: the hosts, their addresses, users and ports, and the values for playbooks.
///
/// The hosts are in the output `hosts`, a map of names to objects with `address` and, if they differ from the
/// environment's, `user` and `port`. An empty map means that there is no host to log in to; `instance_address` must be
/// set then. For a single host, the output `instance_address` (or `instance_ip`) is enough.
struct InstanceOutputs: Hashable, Sendable {
    let address: InstanceAddress
    let hosts: [String: Host]
    /// The other outputs that are stored: strings unchanged, everything else as one line of JSON with all digits of
    /// numbers.
    let others: [String: String]
    /// The reasons for outputs that are not stored, by the outputs' names.
    let omitted: [String: String]

    struct Host: Hashable, Sendable {
        let address: InstanceAddress
        let user: SSHUsername
        let port: SSHPort
        /// The other members of the host in the output.
        var others = JSONObject()

        fileprivate var value: JSONValue {
            var members = others
            members["address"] = .string(address.text)
            members["user"] = .string(user.text)
            members["port"] = JSONValue(port.number)
            return .object(members)
        }
    }

    /// The names of the outputs with a fixed meaning.
    private static let own: Set = [OutputKey.hosts.name, OutputKey.instanceAddress.name]

    /// The name of the only host when the outputs do not name it.
    static let onlyHost = "instance"

    /// Parses the result of `output -json`.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` when an output is invalid, `missing_output` when there is
    ///   no address, and `no_credentials` when the environment has no user.
    init(_ bytes: [UInt8], for context: EnvironmentContext) throws(StepError) {
        guard let outputs = (try? JSONValue(parsing: bytes))?.object,
            outputs.allSatisfy({ $0.value.object?["value"] != nil })
        else {
            throw StepError(
                kind: .invalidOutput, summary: "what OpenTofu or Terraform says of its outputs is not whole JSON")
        }
        var others: [String: String] = [:]
        var omitted: [String: String] = [:]
        for (name, output) in outputs where !Self.own.contains(name) {
            let value = output["value"] ?? .null
            if let reason = Self.obstacle(name, value, isSensitive: output["sensitive"] == .bool(true)) {
                omitted[name] = reason
            } else {
                others[name] = value.string ?? value.line
            }
        }
        (self.others, self.omitted) = (others, omitted)
        // Messages contain no values, since an output may hold a secret.
        func open(_ name: String) throws(StepError) -> JSONValue? {
            guard let output = outputs[name], let value = output["value"] else { return nil }
            if output["sensitive"] == .bool(true) { throw Self.sensitive(name) }
            return value
        }
        var address = try open(OutputKey.instanceAddress.name)
        if address == nil { address = try open("instance_ip") }
        if let named = try open(OutputKey.hosts.name) {
            guard let members = named.object, !members.isEmpty || address != nil else {
                throw StepError(kind: .invalidOutput, summary: "the output hosts is \(Self.expectation)")
            }
            var hosts: [String: Host] = [:]
            for (name, value) in members { hosts[name] = try Self.host(name, value, context) }
            self.hosts = hosts
            // The output `instance_address` may be the name of one of the hosts or an address. Without it, the first
            // host by name is the instance.
            if let address, let host = address.string.flatMap({ hosts[$0] }) {
                self.address = host.address
            } else if let address {
                self.address = try Self.address(address, OutputKey.instanceAddress.name)
            } else if let first = hosts.min(by: { $0.key < $1.key }) {
                self.address = first.value.address
            } else {
                throw Self.missing
            }
        } else if let address {
            self.address = try Self.address(address, OutputKey.instanceAddress.name)
            hosts = [
                Self.onlyHost: Host(
                    address: self.address, user: try context.requiredCredentials.username, port: context.sshPort)
            ]
        } else {
            throw Self.missing
        }
    }

    /// Checks the outputs of a plan, before anything is made.
    ///
    /// - Parameter outputs: The names of the outputs, and whether each is sensitive.
    /// - Throws: ``StepError`` when no output has the addresses of the hosts, when such an output is sensitive, or when
    ///   two outputs cannot be stored together.
    static func check(planned outputs: [String: Bool]) throws(StepError) {
        let (hosts, usual) = (OutputKey.hosts.name, OutputKey.instanceAddress.name)
        let address = outputs[usual] == nil ? "instance_ip" : usual
        guard outputs[hosts] != nil || outputs[address] != nil else { throw missing }
        if let name = [hosts, address].first(where: { outputs[$0] == true }) { throw sensitive(name) }
        if let collision = collision(of: Set(outputs.filter { !$0.value }.keys)) {
            throw StepError(kind: .invalidOutput, summary: collision)
        }
    }

    /// Returns the reason for which outputs with these names cannot be stored together; `nil` when they can.
    private static func collision(of names: Set<String>) -> String? {
        let names = names.union(own).filter { $0 != ToolProgram.output.name }
        let keys = names.sorted().compactMap { try? OutputKey<String>($0) }
        let shared = Dictionary(grouping: keys, by: \.variable).filter { $0.value.count > 1 }
        guard let (variable, outputs) = shared.min(by: { $0.key < $1.key }) else { return nil }
        return
            "the outputs \(outputs.map(\.name).joined(separator: " and ")) differ only in case or in dashes and underscores, and the "
            + "next steps get both as \(variable); rename one of them"
    }

    /// Returns the reason for which an output cannot be stored; `nil` when it can.
    private static func obstacle(_ name: String, _ value: JSONValue, isSensitive: Bool) -> String? {
        if isSensitive { return "it is marked as sensitive" }
        if value.isNull { return "it is null" }
        if name == ToolProgram.output.name {
            return "this name is that of an output of the environment's own; rename it"
        }
        // In Ansible's JSON, such a name does not denote a member.
        if name.hasPrefix("__ansible") { return "Ansible takes names that begin with __ansible for its own; rename it" }
        return nil
    }

    private static let expectation =
        "a map of host names to objects with address and, where they differ from the environment's, user and port"

    private static var missing: StepError {
        StepError(
            kind: "missing_output",
            summary: "there is no output instance_address and no output hosts; one of them is needed: output "
                + "\"instance_address\" { value = … }, or hosts, \(expectation)")
    }

    private static func sensitive(_ name: String) -> StepError {
        StepError(
            kind: .invalidOutput,
            summary: "the output \(name) is marked as sensitive, and an address has to be stored in the open; take the "
                + "mark off or set another value")
    }

    private static func address(_ value: JSONValue, _ place: String) throws(StepError) -> InstanceAddress {
        guard let text = value.string, let address = try? InstanceAddress(text) else {
            throw StepError(
                kind: .invalidOutput, summary: "the output \(place) is not an IPv4 or IPv6 address or a host's name")
        }
        return address
    }

    private static func host(
        _ name: String, _ value: JSONValue, _ context: EnvironmentContext
    ) throws(StepError) -> Host {
        let place = "hosts[\"\(name)\"]"
        guard SSHHost.isName(name) else {
            throw StepError(
                kind: .invalidOutput,
                summary:
                    "\(place): a host's name is 1 to 63 letters, digits, dashes, dots and underscores, a letter or "
                    + "digit first, and none of all, ungrouped and localhost")
        }
        guard let members = value.object, let address = members["address"] else {
            throw StepError(
                kind: .invalidOutput, summary: "\(place) has no address; the output hosts is \(expectation)")
        }
        var user = try context.requiredCredentials.username
        if let given = members["user"], !given.isNull {
            guard let name = given.string.flatMap({ try? SSHUsername($0) }) else {
                throw StepError(kind: .invalidOutput, summary: "\(place).user is not a login name")
            }
            user = name
        }
        var port = context.sshPort
        if let given = members["port"], !given.isNull {
            guard let number = given.wholeNumber.flatMap({ try? SSHPort($0) }) else {
                throw StepError(kind: .invalidOutput, summary: "\(place).port is not a number from 1 to 65535")
            }
            port = number
        }
        return Host(
            address: try Self.address(address, "\(place).address"), user: user, port: port,
            others: JSONObject(members.filter { !["address", "user", "port"].contains($0.name) }))
    }

    /// The hosts as one line of JSON with sorted member names.
    var hostsText: String { JSONValue.object(JSONObject(hosts.map { ($0.key, $0.value.value) })).line }
}
