import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("A path out of the infrastructure folder")
struct OutsideReferenceTests {
    private func check(_ files: [String: String]) async throws -> (error: InfrastructureError?, path: String) {
        try await withTemporaryFolder { path in
            try write("", to: "\(path)/user/main.tf")
            for (name, text) in files { try write(text, to: "\(path)/\(name)") }
            let folder = try InfrastructureFolder("\(path)/user")
            do throws(InfrastructureError) {
                try OutsideReference.check(folder)
                return (nil, path)
            } catch {
                return (error, path)
            }
        }
    }

    @Test(
        "is named with its place and the link that is the way out",
        arguments: [
            (
                "user/main.tf", "module \"n\" {\n  source = \"../modules/net\"\n}", "modules/net/main.tf", "main.tf:2",
                "../modules"
            ),
            ("user/a/b.tf", "locals { x = file(\"${path.module}/../../x.txt\") }", "x.txt", "a/b.tf:1", "../x.txt"),
            (
                "user/a/b.tf", "locals { x = templatefile(\"${path.root}/../t/${var.n}\", {}) }", "t/n", "a/b.tf:1",
                "../t"
            ),
            (
                "user/m.tf.json", "{\"module\":{\"n\":{\"source\":\"./../net\"}}}", "net/main.tf", "m.tf.json:1",
                "../net"
            ),
            (
                "user/playbooks/run/10-a.yml", "- hosts: all\n  roles:\n    - ../../../roles/web",
                "roles/web/tasks/main.yml",
                "playbooks/run/10-a.yml:3", "../../roles"
            ),
            (
                "user/playbooks/run/10-a.yml", "  src: \"{{ playbook_dir }}/../../f/x\"", "user/f/x",
                "playbooks/run/10-a.yml:1", "../f"
            ),
        ])
    func found(file: String, text: String, outside: String, place: String, target: String) async throws {
        let (error, _) = try await check([file: text, outside: "x"])
        #expect(error?.reason.contains("\(place): ") == true, "\(error?.reason ?? "nothing was found")")
        #expect(error?.reason.contains("ln -s \(target) ") == true, "\(error?.reason ?? "")")
    }

    @Test(
        "is not found in texts that stay inside, do not exist or are no paths",
        arguments: [
            ("user/a/b.tf", "module \"n\" { source = \"../c\" }", "user/c/main.tf"),
            ("user/main.tf", "locals { x = \"../nothing\" }", "x"),
            ("user/main.tf", "# source = \"../modules/net\"", "modules/net/main.tf"),
            ("user/main.tf", "locals { x = \"..\" }", "x"),
            ("user/main.tf", "locals { x = \"${var.instance_dir}/../x\" }", "x"),
            ("user/playbooks/run/10-a.yml", "  src: ../templates/x.j2", "user/playbooks/templates/x.j2"),
            ("user/playbooks/roles/r/tasks/main.yml", "  src: ../templates/x", "user/playbooks/roles/r/templates/x"),
        ])
    func notFound(file: String, text: String, other: String) async throws {
        let (error, _) = try await check([file: text, other: "x"])
        #expect(error == nil, "\(error?.reason ?? "")")
    }

    @Test("is inside after the suggested link was created")
    func wayOut() async throws {
        try await withTemporaryFolder { path in
            try write("module \"n\" { source = \"../modules/net\" }", to: "\(path)/user/main.tf")
            try write("", to: "\(path)/modules/net/main.tf")
            try write("module \"v\" { source = \"../vpc\" }", to: "\(path)/modules/net/more.tf")
            try write("", to: "\(path)/modules/vpc/main.tf")
            let error = try #require(throws: InfrastructureError.self) {
                try OutsideReference.check(InfrastructureFolder("\(path)/user"))
            }
            #expect(error.reason.contains("(ln -s ../modules \(path)/user/modules)"), "\(error.reason)")
            try Folder("\(path)/user").symbolicLink("modules", to: "../modules")
            try write("module \"n\" { source = \"./modules/net\" }", to: "\(path)/user/main.tf")
            let folder = try InfrastructureFolder("\(path)/user")
            try OutsideReference.check(folder)
            #expect(try folder.content().files.map(\.name).contains("modules/vpc/main.tf"))
        }
    }
}
