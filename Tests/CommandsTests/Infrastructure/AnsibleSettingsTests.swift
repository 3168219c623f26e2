import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("A user's settings of Ansible")
struct AnsibleSettingsTests {
    private func variables(_ text: String) -> [String: String] {
        AnsibleSettings(Array(text.utf8)).variables(playbooks: "/b/playbooks", temporary: "/b/tmp")
    }

    @Test("without folders keep Ansible's defaults, with the folders beside the playbooks first")
    func usual() {
        let found = variables("# nothing\n")
        #expect(
            found["ANSIBLE_ROLES_PATH"]
                == "/b/playbooks/roles:~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles")
        #expect(
            found["ANSIBLE_COLLECTIONS_PATH"]
                == "/b/playbooks/collections:~/.ansible/collections:/usr/share/ansible/collections")
        #expect(found["ANSIBLE_GATHERING"] == "explicit" && found["ANSIBLE_SSH_PIPELINING"] == "1")
        #expect(found["ANSIBLE_LOCAL_TEMP"] == "/b/tmp")
        #expect(
            AnsibleSettings().callbackPlugins("/p")
                == "/p:~/.ansible/plugins/callback:/usr/share/ansible/plugins/callback")
    }

    @Test(
        "that make Ansible ask for a password are detected, with the setting for a file instead",
        arguments: [
            ("[privilege_escalation]\nbecome_ask_pass = True\n", "become_ask_pass", "become_password_file"),
            ("[defaults]\nask_pass: yes\n", "ask_pass", "connection_password_file"),
            ("[defaults]\nask_vault_pass=1 ; please\n", "ask_vault_pass", "vault_password_file"),
            ("[defaults]\nask_pass = no\n[privilege_escalation]\nbecome_ask_pass = false\n", nil, nil),
            ("[defaults]\nbecome_ask_pass = true\n", nil, nil),
        ])
    func question(text: String, setting: String?, file: String?) {
        let question = AnsibleSettings(Array(text.utf8)).question
        #expect(question?.setting == setting && question?.file == file)
    }

    @Test("take precedence, and lists keep their own entries")
    func own() {
        let text = """
            [defaults]
            Roles_Path = ./mine:~/more ; a comment
            collections_paths: /c
            callback_plugins=cb
            gathering = smart
            local_tmp = /mine
            home = /h
            retry_files_enabled = yes
            [ssh_connection]
              pipelining = False
            """
        let found = variables(text)
        #expect(found["ANSIBLE_ROLES_PATH"] == "./mine:~/more:/b/playbooks/roles")
        #expect(found["ANSIBLE_COLLECTIONS_PATH"] == "/c:/b/playbooks/collections")
        for name in [
            "ANSIBLE_GATHERING", "ANSIBLE_SSH_PIPELINING", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_RETRY_FILES_ENABLED",
        ] {
            #expect(found[name] == nil, "\(name)")
        }
        #expect(AnsibleSettings(Array(text.utf8)).callbackPlugins("/p") == "/p:cb")
    }

    @Test("that name only the user's own folder are used")
    func home() {
        #expect(variables("[defaults]\nhome = /h\n")["ANSIBLE_COLLECTIONS_PATH"]?.contains(":/h/collections:") == true)
    }

    @Test("A missing locale or one with another encoding is distinguished from a usable one")
    func locale() {
        #expect(!ThisProcess.hasUTF8Locale("xx_YY.UTF-8"))
        #expect(!ThisProcess.hasUTF8Locale("C"))
        #if os(Linux)
            #expect(ThisProcess.hasUTF8Locale("C.UTF-8"))
        #endif
    }
}
