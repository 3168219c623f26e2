import CommandLineProgram
import EnvironmentDomain
import JSONText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An environment as the Rust deployer stores it in `environment.json`, made one of ours.
///
/// Its files know no steps and have no history. What has no place here is told and left out, secrets in any case.
struct Original: Sendable {
    /// What became of a member of the file.
    struct Mapping: Encodable, Sendable {
        let from: String
        let to: String
    }

    let environment: AnyEnvironmentState
    private(set) var mapped: [Mapping] = []
    /// What was not taken over, and why.
    private(set) var remarks: [String] = []

    /// Whether this JSON is such a file.
    static func isOne(_ file: JSONValue) -> Bool {
        guard let body = file.object?.first?.value, file.object?.count == 1 else { return false }
        return body["context"]?["user_inputs"] != nil
    }

    /// Reads an environment.
    ///
    /// - Parameters:
    ///   - file: the content of `environment.json`.
    ///   - provider: what the environment is to continue with here.
    ///   - address: where the instance answers, where the file does not say.
    init(_ file: JSONValue, provider: ProviderReference, address: InstanceAddress?) throws {
        guard let (state, body) = file.object?.first, let context = body["context"],
            let inputs = context["user_inputs"]
        else { throw Self.refusal("it has no context with user_inputs") }
        var mapper = Mapper(context: context, inputs: inputs, address: address)
        let (name, members) = try mapper.state(state, body["state"])
        var document = try mapper.document()
        for (name, value) in members { document[name] = value }
        document["provider"] = try JSONValue(encoding: provider)
        do {
            environment = try JSONValue.object([name: .object(document)]).decoded(as: AnyEnvironmentState.self)
        } catch let error as DecodingError {
            throw Self.refusal(CommandLineProgram.reason(of: error))
        }
        mapped = mapper.mapped
        remarks = mapper.remarks
    }

    static func refusal(_ reason: String) -> Failure {
        Failure(.usage, "not_importable", "The file cannot be imported: \(reason). Nothing was changed.")
    }
}

/// Takes the original's members to their places here.
private struct Mapper {
    let context: JSONValue
    let inputs: JSONValue
    let address: InstanceAddress?
    var mapped: [Original.Mapping] = []
    var remarks: [String] = []

    private static let states = [
        "Created", "Provisioning", "Provisioned", "ProvisionFailed", "Configuring", "Configured", "ConfigureFailed",
        "Releasing", "Released", "ReleaseFailed", "Running", "RunFailed", "Destroyed",
    ]
    private static let withInstance = Set(states[2...]).subtracting(["ProvisionFailed", "Destroyed"])
    private static let inProgress: Set = ["Provisioning", "Configuring", "Releasing"]

    init(context: JSONValue, inputs: JSONValue, address: InstanceAddress?) {
        self.context = context
        self.inputs = inputs
        self.address = address
    }

    // MARK: What it is

    mutating func document() throws -> JSONObject {
        var document = JSONObject()
        for key in ["name", "instance_name"] {
            document[key] = try required(inputs[key], "user_inputs.\(key)")
            take("context.user_inputs.\(key)", key)
        }
        var credentials = JSONObject()
        for key in ["ssh_priv_key_path", "ssh_pub_key_path"] {
            let path = try text(inputs["ssh_credentials"]?[key], "user_inputs.ssh_credentials.\(key)")
            let absolute = URL(filePath: path).standardizedFileURL.path
            credentials[key] = .string(absolute)
            take("context.user_inputs.ssh_credentials.\(key)", "ssh_credentials.\(key)")
            if absolute != path { remarks.append("\(path) was relative; it is \(absolute) now, from this folder") }
        }
        credentials["ssh_username"] = try required(
            inputs["ssh_credentials"]?["ssh_username"], "user_inputs.ssh_credentials.ssh_username")
        take("context.user_inputs.ssh_credentials.ssh_username", "ssh_credentials.ssh_username")
        document["ssh_credentials"] = .object(credentials)
        document["ssh_port"] = inputs["ssh_port"] ?? JSONValue(22)
        take("context.user_inputs.ssh_port", "ssh_port")
        if let created = try time(context["created_at"]) {
            document["created_at"] = created
            take("context.created_at", "created_at")
        } else {
            document["created_at"] = .string(Timestamp.now().text)
            remarks.append("the file does not say when it was created; it is now")
        }
        document["outputs"] = .object(outputs())
        tellWhatIsLeft()
        return document
    }

    /// What steps may want to know, under names of their own.
    private mutating func outputs() -> JSONObject {
        var outputs = JSONObject()
        func give(_ name: String, _ value: JSONValue?, _ from: String) -> Original.Mapping? {
            guard let value, let text = value.string ?? (try? value.text()).map({ String(decoding: $0, as: UTF8.self) })
            else { return nil }
            outputs[name] = .string(text)
            return Original.Mapping(from: from, to: "outputs.\(name)")
        }
        let provider = inputs["provider_config"]
        let runtime = context["runtime_outputs"]
        let internals = context["internal_config"]
        mapped += [
            give(
                "instance_address", address.map { .string($0.text) } ?? runtime?["instance_ip"],
                address == nil ? "context.runtime_outputs.instance_ip" : "--address"),
            give("original_provider", provider?["provider"], "context.user_inputs.provider_config.provider"),
            give(
                "original_profile", provider?["profile_name"] ?? inputs["profile_name"],
                "context.user_inputs.profile_name"),
            give("original_provision_method", runtime?["provision_method"], "context.runtime_outputs.provision_method"),
            give("original_build_dir", internals?["build_dir"], "context.internal_config.build_dir"),
            give("original_data_dir", internals?["data_dir"], "context.internal_config.data_dir"),
        ].compactMap(\.self)
        return outputs
    }

    /// Names of what has no place here, without their values: there are secrets among them.
    private mutating func tellWhatIsLeft() {
        let known: Set = [
            "name", "instance_name", "profile_name", "ssh_credentials", "ssh_port", "provider_config",
        ]
        let rest = (inputs.object ?? [:]).names.filter { !known.contains($0) }
        let settings = (inputs["provider_config"]?.object ?? [:]).names
            .filter { $0 != "provider" && $0 != "profile_name" }.map { "provider_config.\($0)" }
        let left = (rest + settings).sorted()
        if !left.isEmpty {
            remarks.append("left out, since steps take them from elsewhere: \(left.joined(separator: ", "))")
        }
    }

    // MARK: Its state

    /// The state's name here, and the members that it brings.
    mutating func state(_ name: String, _ state: JSONValue?) throws -> (String, JSONObject) {
        let destroying = name == "Destroying" || name == "DestroyFailed"
        guard destroying || Self.states.contains(name) else {
            throw Original.refusal("\(name) is not one of its states")
        }
        let ours = destroying ? (instance == nil ? "Created" : "Provisioned") : name
        take(name, destroying ? "\(ours), with a destroy under way" : ours)
        var payload = JSONObject()
        if Self.withInstance.contains(ours) {
            guard let instance else {
                throw Original.refusal("it is \(name) and has no instance_ip; name it with --address")
            }
            payload["instance"] = .object(["address": instance])
        }
        var members = JSONObject()
        if destroying {
            var destruction: JSONObject = ["progress": progress()]
            if name == "DestroyFailed" { destruction["failure"] = try failure(state) }
            members["destruction"] = .object(destruction)
        } else if ours.hasSuffix("Failed") {
            payload["failure"] = try failure(state)
            payload["progress"] = progress()
        } else if Self.inProgress.contains(ours) {
            payload["progress"] = progress()
        } else if ours == "Running" {
            payload["progress"] = progress(isFinished: true)
        }
        if Self.inProgress.contains(ours) || ours.hasSuffix("Failed") || destroying {
            remarks.append("the original keeps no steps, so it continues with the command's first step")
        }
        members["state"] = .object(payload)
        return (ours, members)
    }

    private var instance: JSONValue? {
        address.map { .string($0.text) } ?? context["runtime_outputs"]?["instance_ip"]
    }

    private func progress(isFinished: Bool = false) -> JSONValue {
        let now = JSONValue.string(Timestamp.now().text)
        var progress: JSONObject = [
            "command_id": .string(CommandID.random().text), "started_at": now, "completed": .array([]),
        ]
        if isFinished { progress["finished_at"] = now }
        return .object(progress)
    }

    private mutating func failure(_ state: JSONValue?) throws -> JSONValue {
        guard let context = state?["context"] else {
            throw Original.refusal("its failed state has no context")
        }
        func member(_ name: String) -> JSONValue? { context[name] ?? context["base"]?[name] }
        let start = try required(time(member("execution_started_at")), "state.context.execution_started_at")
        let end = try required(time(member("failed_at")), "state.context.failed_at")
        var failure: JSONObject = [
            "failed_step": .string(snake(try text(member("failed_step"), "state.context.failed_step"))),
            "error_kind": .string(snake(try text(member("error_kind"), "state.context.error_kind"))),
            "summary": .string(try text(member("error_summary"), "state.context.error_summary").onOneLine),
            "started_at": start, "failed_at": end, "attempts": JSONValue(1),
            "duration_ms": JSONValue(milliseconds(member("execution_duration"))),
            "trace_id": .string(
                (try? TraceID((member("trace_id")?.string ?? "").lowercased().filter { $0 != "-" }).text)
                    ?? TraceID.random().text),
        ]
        if let path = member("trace_file_path")?.string {
            failure["trace_file"] = .string(URL(filePath: path).standardizedFileURL.path)
        }
        for (from, to) in [
            ("failed_step", "failed_step"), ("error_kind", "error_kind"), ("error_summary", "summary"),
            ("execution_started_at", "started_at"), ("failed_at", "failed_at"), ("execution_duration", "duration_ms"),
            ("trace_id", "trace_id"), ("trace_file_path", "trace_file"),
        ] where member(from) != nil {
            take("state.context.\(from)", "failure.\(to)")
        }
        return .object(failure)
    }

    private func milliseconds(_ duration: JSONValue?) -> Int64 {
        // A thousand times the largest still is an `Int64`.
        func whole(_ name: String) -> Int64 {
            min(max(duration?[name]?.number?.integer(as: Int64.self) ?? 0, 0), 1 << 50)
        }
        return whole("secs") * 1000 + whole("nanos") / 1_000_000
    }

    // MARK: Values

    private mutating func take(_ from: String, _ to: String) { mapped.append(Original.Mapping(from: from, to: to)) }

    private func required(_ value: JSONValue?, _ place: String) throws -> JSONValue {
        guard let value else { throw Original.refusal("\(place) is missing") }
        return value
    }

    private func text(_ value: JSONValue?, _ place: String) throws -> String {
        guard let text = value?.string else { throw Original.refusal("\(place) is missing or not a text") }
        return text
    }

    /// A time with any number of digits behind the seconds, in whole milliseconds.
    private func time(_ value: JSONValue?) throws -> JSONValue? {
        guard let value else { return nil }
        let text = value.string ?? ""
        let seconds = text.prefix(19)
        let rest = text.dropFirst(19)
        let digits = rest.first == "." ? rest.dropFirst().prefix { $0.isNumber } : ""
        let zone = rest.dropFirst(digits.isEmpty ? 0 : digits.count + 1)
        let milliseconds = (digits + "000").prefix(3)
        guard zone == "Z" || zone == "+00:00", let time = try? Timestamp("\(seconds).\(milliseconds)Z") else {
            throw Original.refusal("\"\(text)\" is not a time in UTC")
        }
        return .string(time.text)
    }

    /// `OpenTofuApply` as `open_tofu_apply`.
    private func snake(_ name: String) -> String {
        var text = ""
        for letter in name {
            if letter.isUppercase && !text.isEmpty && text.last != "_" { text += "_" }
            text += letter.lowercased()
        }
        return text
    }
}
