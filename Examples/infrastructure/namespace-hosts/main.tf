# Two hosts made of namespaces of this machine. They need no cloud and no virtualisation, only Linux, root and
# openssh-server.

terraform {
  required_version = ">= 1.4"
}

locals {
  # Each environment has its own addresses, so that several can exist side by side.
  seed    = parseint(substr(sha256("${var.environment_name}/${var.lineage}"), 0, 6), 16)
  folder  = "${var.instance_dir}/hosts"
  program = abspath("${path.module}/namespace-host")
  hosts = {
    for index, name in var.hosts :
    name => cidrhost("10.213.0.0/16", 256 + (local.seed % 4000) * 16 + index)
  }
}

# The resource that removes a host comes first and does nothing that can fail, so that it is never tainted. The
# destroy-time provisioner of a tainted resource is skipped: a host whose creation was interrupted would stay forever.
resource "terraform_data" "undo" {
  for_each = local.hosts
  input    = { program = local.program, folder = local.folder, name = each.key }

  provisioner "local-exec" {
    when        = destroy
    command     = "\"$PROGRAM\" destroy \"$FOLDER\" \"$NAME\""
    environment = { PROGRAM = self.input.program, FOLDER = self.input.folder, NAME = self.input.name }
  }
}

resource "terraform_data" "host" {
  for_each = local.hosts
  input = {
    address = each.value
    name    = each.key
    system  = var.system
    user    = var.ssh_user
    # The tags identify the host even when the state is lost.
    environment = var.environment_name
    lineage     = var.lineage
    undo        = terraform_data.undo[each.key].id
  }

  provisioner "local-exec" {
    command = "\"$PROGRAM\" create \"$FOLDER\" \"$NAME\""
    environment = {
      PROGRAM    = local.program
      FOLDER     = local.folder
      NAME       = self.input.name
      ADDRESS    = self.input.address
      SYSTEM     = self.input.system
      LOGIN      = self.input.user
      PUBLIC_KEY = var.ssh_public_key
    }
  }
}
