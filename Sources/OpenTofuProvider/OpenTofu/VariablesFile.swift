import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The file of variables about the environment, which OpenTofu and Terraform read by themselves.
///
/// All variables are written, whether or not the user's files declare them; an undeclared variable only causes a
/// warning, which is not shown. The file takes precedence over `TF_VAR_…` and `terraform.tfvars`, so an environment
/// cannot be made under the name of another one.
struct VariablesFile: Encodable {
    static let name = "environment.auto.tfvars.json"

    let environmentName: EnvironmentName
    let instanceName: InstanceName
    /// The lineage, which distinguishes environments that had the same name at different times; empty when it is not
    /// known.
    let lineage: String
    /// The tags for resources, by which a person can find resources that are missing in the state.
    let tags: [String: String]
    /// The path of the folder for files on this machine; writing the variables does not create it.
    let instanceFolder: String
    let username: SSHUsername
    let port: SSHPort
    /// The content of the public key.
    let publicKey: String
    let privateKeyPath: AbsolutePath
    /// The parameters, each of which is a variable of the same name unless a variable above has this name.
    let parameters: [ParameterName: String]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case environmentName = "environment_name"
        case instanceName = "instance_name"
        case lineage
        case tags = "environment_tags"
        case instanceFolder = "instance_dir"
        case username = "ssh_user"
        case port = "ssh_port"
        case publicKey = "ssh_public_key"
        case privateKeyPath = "ssh_private_key_path"
    }

    init(
        _ environment: AnyEnvironmentState, lineage: Lineage?, workspace: Workspace, publicKey: String
    ) throws(StepError) {
        let context = environment.context
        let account = try context.sshAccount(in: workspace)
        environmentName = context.name
        instanceName = context.instanceName
        self.lineage = lineage?.text ?? ""
        tags = ["environment": context.name.text, "lineage": self.lineage]
        instanceFolder = workspace.instance
        username = account.username
        port = context.sshPort
        self.publicKey = publicKey
        privateKeyPath = account.privateKeyPath
        parameters = context.parameters
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: VariableName.self)
        for (name, value) in parameters { try values.encode(value, forKey: VariableName(stringValue: name.text)) }
        // Written last, so that these values replace parameters of the same name.
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(environmentName, forKey: .environmentName)
        try container.encode(instanceName, forKey: .instanceName)
        try container.encode(lineage, forKey: .lineage)
        try container.encode(tags, forKey: .tags)
        try container.encode(instanceFolder, forKey: .instanceFolder)
        try container.encode(username, forKey: .username)
        try container.encode(port, forKey: .port)
        try container.encode(publicKey, forKey: .publicKey)
        try container.encode(privateKeyPath, forKey: .privateKeyPath)
    }

    private struct VariableName: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Writes the file into the folder in which OpenTofu or Terraform runs.
    func put(in folder: String) throws {
        let encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
        try Folder.making(folder).put(try encoder.encode(self) + [UInt8(ascii: "\n")], at: Self.name)
    }

    /// Returns the first line of a public key file.
    ///
    /// - Throws: ``StepError`` with the kind `no_public_key` when the file cannot be read or is not a public key.
    static func publicKey(at path: AbsolutePath) throws(StepError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(path.text, .readFollowingLinks).read(limit: 1 << 16)
        } catch {
            let file = path.text.quotedForShell
            let isMissing = error.isNotFound && path.text.hasSuffix(".pub")
            let way =
                isMissing
                ? "; make it from the private one: ssh-keygen -y -f \(String(path.text.dropLast(4)).quotedForShell) > \(file)"
                : ""
            throw StepError(
                kind: "no_public_key", summary: "the public key \(path) cannot be read: \(error.reason)\(way)")
        }
        let text = String(
            decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        guard !text.isEmpty, !text.contains("PRIVATE KEY") else {
            throw StepError(kind: "no_public_key", summary: "\(path) does not hold a public key")
        }
        return text
    }
}
