# One virtual machine on this computer (libvirt and KVM), made from Debian's cloud image.

terraform {
  required_version = ">= 1.4"

  required_providers {
    libvirt = {
      source  = "dmacvicar/libvirt"
      version = "~> 0.8.0"
    }
  }
}

provider "libvirt" {
  uri = var.libvirt_uri
}

resource "libvirt_volume" "image" {
  name   = "${var.instance_name}-image.qcow2"
  pool   = var.pool
  source = var.image
}

resource "libvirt_volume" "disk" {
  name           = "${var.instance_name}.qcow2"
  pool           = var.pool
  base_volume_id = libvirt_volume.image.id
  size           = 10 * 1024 * 1024 * 1024
}

resource "libvirt_cloudinit_disk" "seed" {
  name = "${var.instance_name}-seed.iso"
  pool = var.pool
  user_data = templatefile("${path.module}/user-data.yaml", {
    name       = var.instance_name
    user       = var.ssh_user
    public_key = var.ssh_public_key
  })
}

resource "libvirt_domain" "machine" {
  name = var.instance_name
  # libvirt has no tags. The description identifies the machine when the state of OpenTofu or Terraform is lost.
  description = join(" ", [for name, value in var.environment_tags : "${name}=${value}"])
  memory      = 1024
  vcpu        = 1
  cloudinit   = libvirt_cloudinit_disk.seed.id

  disk {
    volume_id = libvirt_volume.disk.id
  }

  network_interface {
    network_name   = var.network
    wait_for_lease = true
  }

  console {
    type        = "pty"
    target_type = "serial"
    target_port = "0"
  }
}
