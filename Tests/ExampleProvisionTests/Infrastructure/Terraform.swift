import Foundation
import OperatingSystem
import Testing

/// The program that the infrastructure tests need: `tofu` or `terraform`, with only its built-in provider.
enum Terraform {
    static let path = ThisProcess.findProgram("tofu") ?? ThisProcess.findProgram("terraform")
    static let isThere = path != nil
    static let reason: Comment = "neither tofu nor terraform is on the PATH"

    /// The unpacked providers of the AWS tests, because no registry is available in a test.
    static let mirror = ThisProcess.variable("TERRAFORM_PLUGIN_MIRROR") ?? "/opt/tf-plugins"
    static let hasMirror = isThere && FileManager.default.fileExists(atPath: mirror)

    /// The end of every test's files: outputs without hosts.
    static let noHosts = """

        output "hosts" { value = {} }
        output "instance_address" { value = "127.0.0.1" }

        """

    /// Returns resources that add their number to the file `begun` when they start and to `made` when they are
    /// complete.
    ///
    /// The first one completes immediately, the others when ``Sandbox/continueTool()`` is called.
    static func waiting(_ count: Int) -> String {
        """
        resource "terraform_data" "host" {
          count = \(count)
          input = "host ${count.index}"
          provisioner "local-exec" {
            command = <<-END
              echo ${count.index} >> "$HOME/begun"
              until [ ${count.index} = 0 ] || [ -e "$HOME/go" ]; do sleep 0.05; done
              echo ${count.index} >> "$HOME/made"
            END
          }
        }
        """ + noHosts
    }
}

extension Sandbox {
    /// Writes an infrastructure folder.
    @discardableResult
    func infrastructure(_ main: String, _ more: [String: String] = [:], to name: String = "infra") throws -> String {
        for (file, text) in more.merging(["main.tf": main], uniquingKeysWith: { $1 }) {
            let path = URL(fileURLWithPath: "\(self.path(name))/\(file)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
        return path(name)
    }

    /// Lets the waiting resources be completed.
    func continueTool() throws { try write("", to: "home/go") }

    var toolState: String { "data/my-env/build/infrastructure/terraform.tfstate" }

    /// Returns the addresses of the resources in the state of OpenTofu or Terraform.
    func resources() throws -> [String] {
        let state = try JSON(read(toolState) ?? "{}")
        return (state["resources"].elements ?? []).flatMap { resource in
            (resource["instances"].elements ?? []).map { instance in
                let index = instance["index_key"].integer.map { "[\($0)]" } ?? ""
                return "\(resource["type"].text ?? "?").\(resource["name"].text ?? "?")\(index)"
            }
        }
    }

    /// Returns the names of the files in a folder that contain a text.
    func filesHolding(_ text: String, in folder: String) -> [String] {
        let root = URL(fileURLWithPath: path(folder)).path
        let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return files.filter { readText("\(root)/\($0)")?.contains(text) == true }.sorted()
    }

    /// Returns the OpenTofu or Terraform processes of this sandbox.
    func toolProcesses() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { process in
            let command = ThisProcess.commandLine(of: process) ?? ""
            return command.hasPrefix(Terraform.path ?? "?") && command.contains(root)
        }
    }
}
