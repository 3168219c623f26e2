# One virtual machine in a cloud (AWS), reached over SSH with the environment's own key.

terraform {
  required_version = ">= 1.4"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = var.region

  # Every resource has these tags, by which it can be found when the state of OpenTofu or Terraform is lost.
  default_tags {
    tags = var.environment_tags
  }
}

data "aws_ami" "debian" {
  most_recent = true
  owners      = ["136693071363"] # Debian

  filter {
    name   = "name"
    values = ["debian-12-amd64-*"]
  }
}

resource "aws_key_pair" "login" {
  key_name_prefix = "${var.instance_name}-"
  public_key      = var.ssh_public_key
}

resource "aws_security_group" "machine" {
  name_prefix = "${var.instance_name}-"
  description = "SSH and web for ${var.instance_name}"

  ingress {
    description = "SSH"
    from_port   = var.ssh_port
    to_port     = var.ssh_port
    protocol    = "tcp"
    cidr_blocks = var.ssh_from
  }

  ingress {
    description = "Web"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "machine" {
  ami                    = data.aws_ami.debian.id
  instance_type          = var.instance_type
  key_name               = aws_key_pair.login.key_name
  vpc_security_group_ids = [aws_security_group.machine.id]

  # cloud-init creates the login user; provisioning waits until cloud-init is complete.
  user_data = templatefile("${path.module}/user-data.yaml", {
    user       = var.ssh_user
    public_key = var.ssh_public_key
    port       = var.ssh_port
  })

  metadata_options {
    http_tokens = "required"
  }

  root_block_device {
    encrypted = true
  }

  tags = {
    Name = var.instance_name
  }

  lifecycle {
    # A newer image must not replace the machine.
    ignore_changes = [ami]
  }
}
