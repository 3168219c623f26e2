import Foundation
import OperatingSystem
import Testing

/// Tests of the values in playbooks, with real OpenTofu or Terraform and with real Ansible on this machine, without
/// SSH.
@Suite(
    "The values in a playbook",
    .enabled(
        if: Terraform.isThere && RealHosts.find("ansible-playbook") != nil,
        "tofu or terraform, or ansible-playbook, is missing; Scripts/real-hosts installs the latter"))
struct PlaybookValueTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Returns a playbook for this machine.
    private static func playbook(_ tasks: String) -> String {
        "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n"
            + tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
    }

    private func run(_ arguments: String..., variables: [String: String] = [:]) async throws -> Outcome {
        try await sandbox.start(
            ["my-env", "--infrastructure", "infra"] + arguments,
            variables: ["PATH": RealHosts.searchPath].merging(variables) { $1 }
        ).end()
    }

    private static let values = """

        output "version" { value = "1.10" }
        output "no" { value = "no" }
        output "mode" { value = "0755" }
        output "time" { value = "12:30:45" }
        output "blank" { value = "" }
        output "large" { value = 9007199254740993 }
        output "huge" { value = 123456789012345678901234567890 }
        output "list" { value = [9007199254740993, "1.10", null, true] }
        output "lines" { value = "one\\ntwo\\r\\n  three\\n" }
        output "web-address" { value = "dash" }
        output "template" { value = "{{ 1 + 1 }} $${x} %%{if}" }
        output "signs" { value = "\\"'\\\\ é\\u0301 \\u2028 #: [" }

        """

    @Test("are the outputs, unchanged in every character")
    func values() async throws {
        try sandbox.infrastructure(
            Terraform.noHosts + Self.values,
            [
                "playbooks/configure/10-a.yml": Self.playbook(
                    """
                    - ansible.builtin.copy:
                        content: "{{ outputs | to_json }}"
                        dest: \(sandbox.path("home/outputs.json"))
                        mode: "0600"
                    - ansible.builtin.assert:
                        that: outputs[item] is string
                      loop: "{{ outputs.keys() | list }}"
                    """)
            ])
        let outcome = try await run("--until", "configured")
        #expect(outcome.code == 0, "\(outcome)")
        let stored = try sandbox.outputs()
        let seen = try (JSON(try #require(sandbox.read("home/outputs.json"))).members ?? [:]).compactMapValues(\.text)
        #expect(seen == stored)
        let expected = [
            "version": "1.10", "no": "no", "mode": "0755", "time": "12:30:45", "blank": "", "large": "9007199254740993",
            "huge": "123456789012345678901234567890", "list": #"[9007199254740993,"1.10",null,true]"#,
            "lines": "one\ntwo\r\n  three\n", "web-address": "dash", "template": "{{ 1 + 1 }} ${x} %{if}",
        ]
        for (name, value) in expected {
            #expect(stored[name].map { Array($0.utf8) } == Array(value.utf8), "\(name)")
        }
    }

    @Test("are the parameters, which OpenTofu gets, too, and the new ones in a second release")
    func parameters() async throws {
        let release = Self.playbook(
            """
            - ansible.builtin.assert:
                that: [tag is string, parameters.tag == tag, environment_name == "my-env"]
            - ansible.builtin.copy:
                content: "{{ tag }}"
                dest: \(sandbox.path("home/released"))
                mode: "0600"
            """)
        try sandbox.infrastructure(
            Terraform.noHosts + "variable \"tag\" { type = string }\noutput \"tag\" { value = var.tag }\n",
            ["playbooks/release/10-page.yml": release])
        let first = try await run("--until", "running", "--set", "tag=1.10", "--set", "environment_name=other")
        #expect(first.code == 0, "\(first)")
        #expect(sandbox.read("home/released") == "1.10")
        #expect(try sandbox.outputs()["tag"] == "1.10")
        let refused = try await run("--until", "running", "--set", "tag={{ 1 + 1 }} no")
        #expect(refused.code == 78, "\(refused)")
        let second = try await run("--until", "running", "--from", "release", "--set", "tag={{ 1 + 1 }} no")
        #expect(second.code == 0, "\(second)")
        #expect(sandbox.read("home/released") == "{{ 1 + 1 }} no")
        #expect(try sandbox.outputs()["tag"] == "1.10")
        let again = try await run("--until", "running", "--from", "provision", "--set", "tag=3")
        #expect(again.code == 0, "\(again)")
        #expect(try sandbox.outputs()["tag"] == "3")
    }

    @Test("prints is in the step's log, and the output of a failing task in the failure's last lines")
    func printed() async throws {
        try sandbox.infrastructure(
            Terraform.noHosts,
            [
                "playbooks/configure/10-a.yml": Self.playbook(
                    """
                    - ansible.builtin.debug: { msg: "shown by debug" }
                    - ansible.builtin.debug: { var: environment_name }
                    - ansible.builtin.debug: { msg: "item {{ item }}" }
                      loop: [1, 2]
                    - ansible.builtin.debug: { msg: "HIDDEN" }
                      no_log: true
                    - ansible.builtin.shell: "echo out 1; echo out 2; echo err 1 >&2; echo err 2 >&2; exit 3"
                    """)
            ])
        let outcome = try await run("--until", "configured")
        #expect(outcome.code == 1, "\(outcome)")
        let log = try #require(
            sandbox.filesHolding("shown by debug", in: "data/my-env/logs").first { $0.hasSuffix(".log") })
        let text = try #require(sandbox.read("data/my-env/logs/\(log)"))
        for line in [
            "shown by debug", "environment_name: my-env", "item 1", "item 2", "stdout: out 1", "stdout: out 2",
            "stderr: err 1", "stderr: err 2",
        ] {
            #expect(text.contains("localhost: \(line)\n"), "\(line) is missing in \(text)")
        }
        #expect(!text.contains("HIDDEN"))
        #expect(outcome.errors.contains("stdout: out 1") && outcome.errors.contains("stderr: err 1"), "\(outcome)")
    }

    @Test("are files whose names begin with a dot, and roles and collections of the user's own")
    func files() async throws {
        let task = "- ansible.builtin.debug: { msg: \"NAME\" }\n"
        try sandbox.infrastructure(
            Terraform.noHosts,
            [
                "playbooks/files/.htaccess": "dot",
                "playbooks/ansible.cfg": "[defaults]\nroles_path = my-roles\n",
                "playbooks/my-roles/near/tasks/main.yml": task.replacing("NAME", with: "near role"),
                "playbooks/configure/10-a.yml": Self.playbook(
                    """
                    - ansible.builtin.debug: { msg: "{{ lookup('file', playbook_dir + '/../files/.htaccess') }} file" }
                    - ansible.builtin.include_role: { name: near }
                    - ansible.builtin.include_role: { name: mine.all.far }
                    """),
            ])
        try sandbox.infrastructure(
            "", ["tasks/main.yml": task.replacing("NAME", with: "far role")],
            to: "home/.ansible/collections/ansible_collections/mine/all/roles/far")
        let outcome = try await run("--until", "configured", "--verbose")
        #expect(outcome.code == 0, "\(outcome)")
        for text in ["dot file", "near role", "far role"] { #expect(outcome.errors.contains(text), "\(outcome)") }
    }

    @Test(
        "are correct with a missing locale, and in a folder whose name is special for Ansible",
        arguments: ["a:b,c", "a $HOME ${HOME", "50% \"x\" 'y'", "é {{ x }}"])
    func surroundings(name: String) async throws {
        try sandbox.infrastructure(
            Terraform.noHosts + "output \"folder\" { value = path.cwd }\n",
            [
                "playbooks/templates/x.j2": "{{ outputs.folder }}",
                "playbooks/group_vars/all.yml": "from_group: yes it is\n",
                "playbooks/configure/10-a.yml": Self.playbook(
                    """
                    - ansible.builtin.debug: { msg: "{{ lookup('template', '../templates/x.j2') }} {{ from_group }}" }
                    """),
            ])
        let outcome = try await run(
            "--until", "configured", "--verbose", "--data-dir", sandbox.path(name),
            variables: ["LANG": "xx_YY.UTF-8", "LC_ALL": "xx_YY.UTF-8"])
        if name.contains("${") {
            #expect(outcome.code == 1 && outcome.lastWord.contains("takes ${…} in a path"), "\(outcome)")
        } else {
            #expect(
                outcome.code == 0 && outcome.errors.contains("\(name)/my-env/build/infrastructure yes it is"),
                "\(outcome)")
            let removed = try await run("--destroy", "--data-dir", sandbox.path(name))
            #expect(removed.code == 0, "\(removed)")
        }
        #expect(
            try await sandbox.shell("ls -d \"$TMPDIR\"/te-* /tmp/te-* 2>/dev/null || :").contains(sandbox.root) == false
        )
    }
}
