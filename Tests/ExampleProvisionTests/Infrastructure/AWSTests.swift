import Foundation
import OperatingSystem
import TestSupport
import Testing

/// Tests of the AWS provider with a local server that imitates AWS (`pip install 'moto[server]'`).
@Suite(
    "Infrastructure in a cloud", .slow, .serialized, .askedFor("AWSTests"),
    .enabled(if: Terraform.hasMirror, "there is no folder with the AWS provider (TERRAFORM_PLUGIN_MIRROR)"),
    .enabled(if: Moto.path != nil, "moto_server is not on the PATH"))
struct AWSTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func infrastructure() throws {
        try sandbox.infrastructure(
            """
            terraform {
              required_providers {
                aws = { source = "hashicorp/aws" }
              }
            }
            variable "environment_name" { type = string }
            variable "environment_tags" { type = map(string) }
            variable "ssh_public_key" { type = string }
            variable "endpoint" { type = string }
            provider "aws" {
              region                      = "us-east-1"
              skip_credentials_validation = true
              skip_requesting_account_id  = true
              skip_metadata_api_check     = true
              endpoints { ec2 = var.endpoint }
              default_tags { tags = var.environment_tags }
            }
            resource "aws_key_pair" "login" {
              key_name   = var.environment_name
              public_key = var.ssh_public_key
            }
            resource "aws_instance" "web" {
              ami           = "ami-12c6146b"
              instance_type = "t3.micro"
              key_name      = aws_key_pair.login.key_name
            }
            output "hosts" { value = {} }
            output "instance_address" { value = aws_instance.web.private_ip }

            """)
        try sandbox.write(
            """
            provider_installation {
              filesystem_mirror {
                path = "\(Terraform.mirror)"
              }
            }

            """, to: "home/.terraformrc")
    }

    private func variables(_ moto: Moto) -> [String: String] {
        [
            "TF_VAR_endpoint": moto.address, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "CANARY-aws",
            "AWS_DEFAULT_REGION": "us-east-1", "MOTO": moto.address,
        ]
    }

    /// Returns the instances with the environment's tags that are not terminated, and applies an action to each.
    private func instances(_ moto: Moto, _ action: String = "pass") async throws -> [String] {
        let lineage = try sandbox.state()["lineage"].text ?? "?"
        let script = """
            import boto3, os
            c = boto3.client('ec2', endpoint_url=os.environ['MOTO'])
            f = [{'Name': 'tag:lineage', 'Values': ['\(lineage)']}, {'Name': 'tag:environment', 'Values': ['my-env']},
                 {'Name': 'instance-state-name', 'Values': ['pending', 'running']}]
            for r in c.describe_instances(Filters=f)['Reservations']:
                for i in r['Instances']:
                    print(i['InstanceId'])
                    \(action)
            """
        try sandbox.write(script, to: "instances.py")
        let outcome = try await sandbox.run([], variables: variables(moto), shell: "python3 instances.py")
        #expect(outcome.code == 0, "\(outcome)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private func run(_ moto: Moto, _ arguments: String...) async throws -> Outcome {
        try await sandbox.start(["my-env"] + arguments, variables: variables(moto)).end()
    }

    @Test("is made, found by its tags, reported when it is missing, and removed")
    func whole() async throws {
        let moto = try await Moto.start(in: sandbox)
        defer { moto.stop() }
        try infrastructure()
        let made = try await run(moto, "--infrastructure", "infra", "--until", "provisioned")
        #expect(made.code == 0, "\(made)")
        #expect(made.errors.contains("2 of 2  aws_instance.web: created"))
        #expect(try await instances(moto).count == 1)
        let same = try await run(moto, "--validate")
        #expect(same.code == 0, "\(same)")
        _ = try await instances(moto, "c.terminate_instances(InstanceIds=[i['InstanceId']])")
        let gone = try await run(moto, "--validate", "--json")
        #expect(gone.code == 2, "\(gone)")
        let findings = try gone.json()["drift"]["findings"].elements ?? []
        #expect(
            findings.contains { $0["subject"].text == "aws_instance.web" && $0["difference"].text == "is gone" })
        let removed = try await run(moto, "--destroy")
        #expect(removed.code == 0, "\(removed)")
        #expect(sandbox.filesHolding("CANARY", in: "data").isEmpty)
    }

    @Test("that is interrupted names its possible remains, and everything created is found by its tags")
    func stopped() async throws {
        let moto = try await Moto.start(in: sandbox)
        defer { moto.stop() }
        try infrastructure()
        let program = try sandbox.start(
            ["my-env", "--infrastructure", "infra", "--until", "provisioned"], variables: variables(moto))
        try await wait(for: "the instance") {
            program.errors.contains("aws_instance.web: creating")
        }
        try await Task.sleep(for: .seconds(2))
        program.signal(Signals.interrupt)
        let stopped = await program.end()
        #expect(stopped.code == 130, "\(stopped)")
        #expect(stopped.errors.contains("may have left something") && stopped.errors.contains("aws_instance.web"))
        let outcome = try await run(moto, "--until", "provisioned")
        #expect(outcome.code == 0, "\(outcome)")
        let all = try await instances(moto)
        let known = try JSON(try #require(sandbox.read(sandbox.toolState)))["resources"].elements?
            .first { $0["type"].text == "aws_instance" }?["instances"].elements?.first?["attributes"]["id"].text
        #expect(all.contains(try #require(known)) && all.count <= 2, "\(all)")
    }
}

/// The server of one test.
struct Moto: Sendable {
    static let path = ThisProcess.findProgram("moto_server")

    let address: String
    private let child: ChildProcess

    static func start(in sandbox: Sandbox) async throws -> Moto {
        let path = try #require(path)
        let log = sandbox.path("home/moto.log")
        let request = ChildProcess.Request(
            command: [path, "-H", "127.0.0.1", "-p", "0"],
            environment: ["PATH": ThisProcess.variable("PATH") ?? "", "HOME": ThisProcess.variable("HOME") ?? "/"])
        let child = try ChildProcess(request, output: try OpenFile(log, .appendCreating))
        try await wait(for: "the server") { readText(log)?.contains("Running on http") == true }
        let text = readText(log) ?? ""
        let match = try #require(text.firstMatch(of: #/Running on (http://127\.0\.0\.1:\d+)/#), "\(text)")
        return Moto(address: String(match.output.1), child: child)
    }

    func stop() { child.killNow() }
}
