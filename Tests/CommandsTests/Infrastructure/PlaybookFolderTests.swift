import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The playbooks of an infrastructure folder")
struct PlaybookFolderTests {
    @Test("are one step each, in the order of the file names, and other files are none")
    func steps() async throws {
        try await withTemporaryFolder { path in
            for name in [
                "configure/20-web-server.yml", "configure/10-base.yaml", "configure/.hidden.yml", "configure/notes.md",
                "release/page.yml", "destroy/10-stop.yml", "templates/x.yml", "verify/10-no-command.yml",
            ] {
                try write("", to: "\(path)/playbooks/\(name)")
            }
            let folder = try PlaybookFolder(infrastructure: path)
            #expect(folder.steps(of: .configure).map(\.name.text) == ["base", "web_server"])
            #expect(folder.steps(of: .release).map(\.name.text) == ["page"])
            #expect(folder.steps(of: .run).map(\.name.text) == [])
            #expect(folder.steps(of: .destroy).map(\.name.text) == ["stop"])
            #expect(folder.steps(of: .provision).map(\.name.text) == [])
            #expect(!folder.isEmpty)
        }
    }

    @Test("may be missing")
    func missing() async throws {
        try await withTemporaryFolder { path in
            let folder = try PlaybookFolder(infrastructure: path)
            #expect(folder.isEmpty)
        }
    }

    @Test(
        "are refused when a file name contains no valid step name, or a duplicate one",
        arguments: [
            (["10-.yml"], "gives the step the name \"\""), (["10-Base.yml"], "the name \"Base\""),
            (["10-a b.yml"], "\"a b\""),
            (["10-base.yml", "20-base.yml"], "10-base.yml both give the step the name base"),
            (["destroy-all.yml"], "a step destroy_all of its own"),
        ])
    func refused(names: [String], saying: String) async throws {
        try await withTemporaryFolder { path in
            for name in names { try write("", to: "\(path)/playbooks/destroy/\(name)") }
            let error = #expect(throws: InfrastructureError.self) {
                try PlaybookFolder(infrastructure: path, reserved: [.destroy: [StepName("destroy_all")]])
            }
            #expect(error?.description.contains(saying) == true, "\(error?.description ?? "")")
            #expect(error?.path.hasSuffix(names.last ?? "") == true)
        }
    }

    @Test("are copied with their files and the targets of links, readable only by their owner")
    func copy() async throws {
        try await withTemporaryFolder { path in
            try write("a", to: "\(path)/from/configure/10-base.yml")
            try write("b", to: "\(path)/from/roles/web/tasks/main.yml")
            try write("c", to: "\(path)/from/.git/config")
            try write("d", to: "\(path)/beside")
            let from = try Folder("\(path)/from")
            try from.symbolicLink("link", to: "../beside")
            try from.open("run.sh", .createNew).setMode(0o755)
            let copy = try FolderCopy("\(path)/from")
            try copy.put(into: Folder.making("\(path)/to"))
            #expect(names(in: "\(path)/to") == ["configure", "link", "roles", "run.sh"])
            #expect(try read("\(path)/to/roles/web/tasks/main.yml") == "b")
            #expect(try read("\(path)/to/link") == "d")
            #expect(try mode("\(path)/to/roles") == 0o700)
            #expect(try mode("\(path)/to/link") == 0o600)
            #expect(try mode("\(path)/to/run.sh") == 0o700)
        }
    }

    @Test("are copied with names that begin with a dot and with empty folders")
    func hidden() async throws {
        try await withTemporaryFolder { path in
            for name in [".vault_pass", "files/.htaccess", "files/.env", ".ansible/x"] {
                try write(name, to: "\(path)/from/\(name)")
            }
            _ = try Folder.making("\(path)/from/files/empty/inner")
            let copy = try FolderCopy("\(path)/from")
            #expect(copy.omissions.isEmpty)
            try copy.put(into: Folder.making("\(path)/to"))
            #expect(names(in: "\(path)/to") == [".ansible", ".vault_pass", "files"])
            #expect(names(in: "\(path)/to/files") == [".env", ".htaccess", "empty"])
            #expect(names(in: "\(path)/to/files/empty") == ["inner"])
        }
    }

    @Test("are copied without files that no tool reads, which are reported")
    func oddEntries() async throws {
        try await withTemporaryFolder { path in
            try write("x", to: "\(path)/from/a.yml")
            try makeOddEntries(in: "\(path)/from")
            let copy = try FolderCopy("\(path)/from")
            #expect(Set(copy.omissions.map(\.name)) == Set(namesOfOddEntries))
            try copy.put(into: Folder.making("\(path)/to"))
            #expect(names(in: "\(path)/to") == ["a.yml"])
        }
    }

    @Test("do not include files without a number and a step name, such as notes")
    func notes() async throws {
        try await withTemporaryFolder { path in
            for name in ["10-base.yml", "Notes.yml", "my notes.yaml", "page.yml"] {
                try write("", to: "\(path)/playbooks/run/\(name)")
            }
            let folder = try PlaybookFolder(infrastructure: path)
            #expect(folder.steps(of: .run).map(\.name.text) == ["base", "page"])
            #expect(folder.ignored == ["run/Notes.yml", "run/my notes.yaml"])
        }
    }
}
