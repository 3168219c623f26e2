import Commands
import OperatingSystem

/// The settings of a user's `ansible.cfg` that affect how Ansible is started.
///
/// Ansible reads the file itself, but environment variables take precedence over it. A variable is therefore set only
/// when the file lacks the setting, or when the result of a playbook could not be known otherwise (callback plugin,
/// inventory, folder of the connections, colours).
struct AnsibleSettings: Sendable {
    private var values: [String: String] = [:]

    /// Parses the content of an `ansible.cfg` as Python's `configparser` does.
    init(_ bytes: [UInt8] = []) {
        var section = ""
        var key: String?
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            let trimmed = Self.withoutComment(text).trimmingBlanks
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            if let key, text.first == " " || text.first == "\t" {
                values[key, default: ""] += trimmed
            } else if trimmed.hasPrefix("["), let end = trimmed.firstIndex(of: "]") {
                section = String(trimmed[trimmed.index(after: trimmed.startIndex)..<end])
                key = nil
            } else if let separator = trimmed.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let name = "\(section).\(trimmed[..<separator].lowercased().trimmingBlanks)"
                values[name] = String(trimmed[trimmed.index(after: separator)...]).trimmingBlanks
                key = name
            }
        }
    }

    private static func withoutComment(_ line: String) -> String {
        line.firstRange(of: /\s;/).map { String(line[..<$0.lowerBound]) } ?? line
    }

    /// The value of the first of these settings that the file has; `nil` when it has none.
    subscript(_ names: String...) -> String? { names.lazy.compactMap { values[$0] }.first }

    /// The setting that makes Ansible ask for a password, and the one that names a file with the password instead;
    /// `nil` when Ansible does not ask.
    var question: (setting: String, file: String)? {
        let questions = [
            ("privilege_escalation.become_ask_pass", "become_password_file"),
            ("defaults.ask_pass", "connection_password_file"), ("defaults.ask_vault_pass", "vault_password_file"),
        ]
        let truths = ["1", "on", "t", "true", "y", "yes"]
        let asked = questions.first { values[$0.0].map { truths.contains($0.lowercased()) } == true }
        return asked.map { (String($0.0.drop { $0 != "." }.dropFirst()), $0.1) }
    }

    // MARK: Lists of folders

    /// Returns a list of folders: a folder of the environment, together with those of the file or else Ansible's
    /// defaults.
    private func folders(_ own: String, _ names: [String], usual: String) -> String {
        let given = names.lazy.compactMap { values[$0] }.first
        return given.map { "\($0):\(own)" } ?? "\(own):\(usual)"
    }

    /// The folder of the user's own roles, collections and plugins.
    private var home: String { self["defaults.home"] ?? "~/.ansible" }

    /// Returns the environment variables for settings that the file lacks, and for lists of folders that must include
    /// the environment's.
    ///
    /// - Parameters:
    ///   - playbooks: The path of the copy of the playbooks.
    ///   - temporary: The path of the folder for Ansible's temporary files.
    func variables(playbooks: String, temporary: String) -> [String: String] {
        var variables = [
            "ANSIBLE_ROLES_PATH": folders(
                "\(playbooks)/roles", ["defaults.roles_path"],
                usual: "\(home)/roles:/usr/share/ansible/roles:/etc/ansible/roles"),
            "ANSIBLE_COLLECTIONS_PATH": folders(
                "\(playbooks)/collections", ["defaults.collections_path", "defaults.collections_paths"],
                usual: "\(home)/collections:/usr/share/ansible/collections"),
        ]
        let open: [(name: String, value: String, keys: [String])] = [
            (
                "ANSIBLE_SSH_PIPELINING", "1",
                ["ssh_connection.pipelining", "connection.pipelining", "defaults.pipelining"]
            ), ("ANSIBLE_GATHERING", "explicit", ["defaults.gathering"]),
            ("ANSIBLE_RETRY_FILES_ENABLED", "0", ["defaults.retry_files_enabled"]),
            ("ANSIBLE_LOCAL_TEMP", temporary, ["defaults.local_tmp"]),
        ]
        for (name, value, keys) in open where keys.allSatisfy({ values[$0] == nil }) { variables[name] = value }
        return variables
    }

    /// Returns the list of folders of callback plugins, with the given one first.
    func callbackPlugins(_ own: String) -> String {
        "\(own):"
            + (self["defaults.callback_plugins"] ?? "\(home)/plugins/callback:/usr/share/ansible/plugins/callback")
    }
}
