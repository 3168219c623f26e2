output "instance_address" {
  description = "Where the machine answers."
  value       = libvirt_domain.machine.network_interface[0].addresses[0]
}

output "hosts" {
  description = "How each host is reached."
  value = {
    web = { address = libvirt_domain.machine.network_interface[0].addresses[0], port = 22, user = var.ssh_user }
  }
}
