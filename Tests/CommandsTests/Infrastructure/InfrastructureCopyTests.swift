import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The copy of the user's folder")
struct InfrastructureCopyTests {
    /// Runs `body` with a user's folder and its copy.
    private func withFolders(_ body: (_ source: String, _ copy: String, InfrastructureCopy) async throws -> Void)
        async throws
    {
        try await withTemporaryFolder { folder in
            let build = BuildFolder(Workspace(root: try AbsolutePath("\(folder)/environment")))
            try write("# 1", to: "\(folder)/user/main.tf")
            try await body("\(folder)/user", build.infrastructure, InfrastructureCopy(build: build))
        }
    }

    @Test("follows additions, changes and removals, and keeps the files of OpenTofu or Terraform")
    func follows() async throws {
        try await withFolders { source, copy, infrastructure in
            try write("x", to: "\(source)/modules/host/main.tf")
            try write("#!/bin/sh", to: "\(source)/make")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(source)/make")
            let all = try infrastructure.follow(InfrastructureFolder(source))
            #expect(all == ["main.tf", "make", "modules/host/main.tf"].sorted())
            #expect(try mode("\(copy)/make") == 0o700 && mode("\(copy)/main.tf") == 0o600)
            #expect(try mode("\(copy)/modules") == 0o700)
            #expect(try infrastructure.follow(InfrastructureFolder(source)).isEmpty)

            try write("state", to: "\(copy)/terraform.tfstate")
            try write("# 2", to: "\(source)/main.tf")
            try FileManager.default.removeItem(atPath: "\(source)/modules")
            let changed = try infrastructure.follow(InfrastructureFolder(source))
            #expect(Set(changed) == ["main.tf", "modules/host/main.tf"])
            #expect(try read("\(copy)/main.tf") == "# 2" && read("\(copy)/terraform.tfstate") == "state")
            #expect(names(in: "\(copy)/modules/host").isEmpty)
        }
    }

    @Test("keeps the tool's additions to its lock file until the user's file changes")
    func lockFile() async throws {
        try await withFolders { source, copy, infrastructure in
            try write("user", to: "\(source)/.terraform.lock.hcl")
            _ = try infrastructure.follow(InfrastructureFolder(source))
            try write("user and tool", to: "\(copy)/.terraform.lock.hcl")
            _ = try infrastructure.follow(InfrastructureFolder(source))
            #expect(try read("\(copy)/.terraform.lock.hcl") == "user and tool")
            try write("user 2", to: "\(source)/.terraform.lock.hcl")
            _ = try infrastructure.follow(InfrastructureFolder(source))
            #expect(try read("\(copy)/.terraform.lock.hcl") == "user 2")
        }
    }

    @Test(
        "contains no files that a tool left in the user's folder, and no playbooks",
        arguments: [
            "terraform.tfstate", "terraform.tfstate.backup", ".terraform/providers/x", "errored.tfstate", "a.tfplan",
            ".git/config", "playbooks/run/10-x.yml",
        ])
    func leftBehind(name: String) async throws {
        try await withFolders { source, copy, infrastructure in
            try write("x", to: "\(source)/\(name)")
            #expect(try infrastructure.follow(InfrastructureFolder(source)) == ["main.tf"])
        }
    }

    @Test("changes its digest with the playbooks")
    func digest() async throws {
        try await withFolders { source, _, _ in
            let before = try InfrastructureFolder(source).digests()
            #expect(try InfrastructureFolder(source).digests() == before)
            try write("x", to: "\(source)/playbooks/run/10-x.yml")
            #expect(try InfrastructureFolder(source).digests() != before)
        }
    }

    @Test("is not made of a folder that OpenTofu or Terraform cannot use")
    func refused() async throws {
        try await withTemporaryFolder { folder in
            #expect(throws: InfrastructureError.self) { try InfrastructureFolder("\(folder)/none") }
            let empty = try #require(throws: InfrastructureError.self) { try InfrastructureFolder(folder) }
            #expect(empty.description.contains(".tf") && empty.path == folder)
            try write("", to: "\(folder)/main.tf")
            try write("{}", to: "\(folder)/environment.auto.tfvars.json")
            let taken = try #require(throws: InfrastructureError.self) { try InfrastructureFolder(folder) }
            #expect(taken.reason.contains("environment.auto.tfvars.json"))
        }
    }

    @Test(
        "is refused when a file that a tool reads by itself cannot be read: its resources would be removed",
        arguments: ["db.tf", "db.tf.json", "db.tofu", "prod.auto.tfvars", "modules/net/main.tf"])
    func missingFile(name: String) async throws {
        try await withFolders { source, _, _ in
            let path = "\(source)/\(name)"
            _ = try Folder.making(parentPath(of: path) ?? source)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/db.tf")
            let error = #expect(throws: InfrastructureError.self) { try InfrastructureFolder(source).content() }
            #expect(error?.reason.contains("leads nowhere") == true)
        }
    }

    @Test(
        "of playbooks is refused in the same way",
        arguments: ["configure/10-a.yml", "group_vars/all", "ansible.cfg", "roles/x/vars/main.json"])
    func missingPlaybook(name: String) async throws {
        try await withFolders { source, _, _ in
            let path = "\(source)/playbooks/\(name)"
            _ = try Folder.making(parentPath(of: path) ?? source)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/x")
            #expect(throws: InfrastructureError.self) { try InfrastructureFolder(source).digests() }
        }
    }

    @Test("omits files that no tool reads, which do not change the digest, and contains empty folders")
    func oddEntries() async throws {
        try await withFolders { source, copy, infrastructure in
            let before = try InfrastructureFolder(source).digests()
            try makeOddEntries(in: source)
            _ = try Folder.making("\(source)/empty/inner")
            let folder = try InfrastructureFolder(source)
            #expect(try folder.digests() == before)
            #expect(Set(try folder.content().omissions.map(\.name)) == Set(namesOfOddEntries))
            #expect(try infrastructure.follow(folder) == ["main.tf"])
            #expect(names(in: "\(copy)/empty") == ["inner"] && names(in: copy) == ["empty", "main.tf"])
            try FileManager.default.removeItem(atPath: "\(source)/empty/inner")
            #expect(try infrastructure.follow(folder).isEmpty)
            #expect(names(in: "\(copy)/empty").isEmpty)
        }
    }

    @Test("distinguishes a missing folder from an unusable one")
    func missing() async throws {
        try await withTemporaryFolder { folder in
            let none = try #require(throws: InfrastructureError.self) { try InfrastructureFolder("\(folder)/none") }
            #expect(none.isMissing)
            let empty = try #require(throws: InfrastructureError.self) { try InfrastructureFolder(folder) }
            #expect(!empty.isMissing)
        }
    }
}
