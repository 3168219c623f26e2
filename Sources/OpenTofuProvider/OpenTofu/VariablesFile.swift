import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// What the tool is told of the environment: a file of variables that it reads by itself.
///
/// A value for a variable that the user's files do not declare is only a warning to the tool (which is not shown), so
/// all are written and nobody has to read the user's files for them. Being in a file, they win over `TF_VAR_…` and
/// `terraform.tfvars`: an environment cannot be made under another's name.
struct VariablesFile: Encodable {
    static let name = "environment.auto.tfvars.json"

    let environmentName: EnvironmentName
    let instanceName: InstanceName
    /// Tells this environment from an earlier or later one of the same name.
    let lineage: String
    /// For resources that can be marked, so that they can be found when the tool has lost them.
    let tags: [String: String]
    /// A folder for what is made on this machine; it is not made here.
    let instanceFolder: String
    let username: SSHUsername
    let port: SSHPort
    /// The content of the public key.
    let publicKey: String
    let privateKeyPath: AbsolutePath
    /// The parameters, each a variable of the same name; one with the name of a variable above is left out.
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
        // Written last, so that they win.
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

    /// Writes the file where the tool looks for it.
    func put(in folder: String) throws {
        let encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
        try Folder.making(folder).put(try encoder.encode(self) + [UInt8(ascii: "\n")], at: Self.name)
    }

    /// The content of a public key file, on one line.
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
