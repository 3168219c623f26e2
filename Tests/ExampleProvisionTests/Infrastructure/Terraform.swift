import Foundation
import OperatingSystem
import Testing

/// The tool that the tests of infrastructure need: `tofu` or `terraform`, with its built-in provider only.
enum Terraform {
    static let path = ThisProcess.findProgram("tofu") ?? ThisProcess.findProgram("terraform")
    static let isThere = path != nil
    static let reason: Comment = "neither tofu nor terraform is on the PATH"

    /// The providers of the AWS tests, unpacked; there is no registry to get them from in a test.
    static let mirror = ThisProcess.variable("TERRAFORM_PLUGIN_MIRROR") ?? "/opt/tf-plugins"
    static let hasMirror = isThere && FileManager.default.fileExists(atPath: mirror)

    /// What every test's files end with: no host to log in on.
    static let noHosts = """

        output "hosts" { value = {} }
        output "instance_address" { value = "127.0.0.1" }

        """

    /// Resources that add their number to the file `begun` and in the end to `made`: the first at once, the others when
    /// ``Sandbox/continueTool()`` says so.
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
    /// Writes a user's infrastructure folder.
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

    /// Lets the resources that wait be made.
    func continueTool() throws { try write("", to: "home/go") }

    var toolState: String { "data/my-env/build/infrastructure/terraform.tfstate" }

    /// The addresses of the resources in the tool's state.
    func resources() throws -> [String] {
        let state = try JSON(read(toolState) ?? "{}")
        return (state["resources"].elements ?? []).flatMap { resource in
            (resource["instances"].elements ?? []).map { instance in
                let index = instance["index_key"].integer.map { "[\($0)]" } ?? ""
                return "\(resource["type"].text ?? "?").\(resource["name"].text ?? "?")\(index)"
            }
        }
    }

    /// The names of the files below a folder that hold a text.
    func filesHolding(_ text: String, in folder: String) -> [String] {
        let root = URL(fileURLWithPath: path(folder)).path
        let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return files.filter { readText("\(root)/\($0)")?.contains(text) == true }.sorted()
    }

    /// The processes that run the tool for this sandbox.
    func toolProcesses() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { process in
            let command = ThisProcess.commandLine(of: process) ?? ""
            return command.hasPrefix(Terraform.path ?? "?") && command.contains(root)
        }
    }
}
