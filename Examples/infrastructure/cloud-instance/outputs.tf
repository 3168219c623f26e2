output "instance_address" {
  description = "Where the machine answers."
  value       = aws_instance.machine.public_ip
}

output "hosts" {
  description = "How each host is reached."
  value = {
    web = { address = aws_instance.machine.public_ip, port = var.ssh_port, user = var.ssh_user }
  }
}
