variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "kind" {
  type        = string
  description = "`cloud`: a service of ClickHouse Cloud, through PrivateLink. `ec2`: one server of your own."

  validation {
    condition     = contains(["cloud", "ec2"], var.kind)
    error_message = "The kind must be cloud or ec2."
  }
}

variable "vpc_id" {
  type        = string
  description = "The VPC."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets. The server is in the first one; the ways to it are in all."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the server, or of the way to ClickHouse Cloud."
}

variable "hostname" {
  type        = string
  description = "Name under which Atlas reaches ClickHouse. For `cloud`, the private name that ClickHouse Cloud shows; for `ec2`, the name of the certificate."

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.hostname))
    error_message = "The host name must be a complete domain name."
  }
}

variable "cloud" {
  type = object({
    endpoint_service_name = string
    url_secret_arn        = string
  })
  nullable    = true
  description = "For `cloud`: the name of its endpoint service (com.amazonaws.vpce.…), and the secret that you have made with the whole ATLAS_CLICKHOUSE_URL."

  validation {
    condition     = var.kind != "cloud" || var.cloud != null
    error_message = "cloud must be set for the kind cloud."
  }
}

variable "ec2" {
  type = object({
    ami_id           = string
    instance_type    = string
    data_gib         = number
    data_iops        = number
    data_throughput  = number
    certificate_arn  = string
    password_version = number
  })
  nullable    = true
  description = "For `ec2`: an image with ClickHouse 26.7 or later, the AWS command line and openssl; shape and disk; the certificate of the host name in ACM. Raise password_version to replace the password."

  validation {
    condition     = var.kind != "ec2" || var.ec2 != null
    error_message = "ec2 must be set for the kind ec2."
  }

  validation {
    condition     = try(var.ec2.data_gib >= 20 && var.ec2.data_iops >= 3000 && var.ec2.data_throughput >= 125, true)
    error_message = "A gp3 disk has at least 3000 IOPS and 125 MiB/s; 20 GiB are the least that is useful."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts disks and secrets."
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to delete the server and its balancer."
}
