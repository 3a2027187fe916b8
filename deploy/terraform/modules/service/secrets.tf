# Passwords are made while Terraform runs, stored in Secrets Manager, and read from there to write the URLs: none is in the state or in a plan.

locals {
  roles  = toset(["serve", "replicate"])
  shards = { for shard in var.shards : shard.id => shard }

  # A number that changes with the servers: Terraform writes the URLs again.
  servers_version = parseint(substr(sha256(jsonencode([var.shards, var.postgres_root_certificate, var.password_version, var.secrets_version])), 0, 7), 16)

  tls = "sslmode=verify-full&sslrootcert=${var.postgres_root_certificate}"

  # User and password, by command and shard.
  logins = {
    migrate   = { for id, shard in local.shards : id => "${shard.user}:${ephemeral.aws_secretsmanager_secret_version.master[id].secret_string}" }
    serve     = { for id in keys(local.shards) : id => "atlas_serve:${ephemeral.aws_secretsmanager_secret_version.role["serve"].secret_string}" }
    replicate = { for id in keys(local.shards) : id => "atlas_replicate:${ephemeral.aws_secretsmanager_secret_version.role["replicate"].secret_string}" }
  }

  shards_json = {
    for command, logins in local.logins : command => jsonencode({
      placement = { kind = "hash" }
      shards = [for shard in var.shards : {
        id       = shard.id
        primary  = "postgres://${logins[shard.id]}@${shard.primary}:${shard.port}/${shard.database}?${local.tls}"
        replicas = [for host in shard.replicas : "postgres://${logins[shard.id]}@${host}:${shard.port}/${shard.database}?${local.tls}"]
      }]
    })
  }
}

ephemeral "random_password" "role" {
  for_each = local.roles

  length  = 40
  special = false
}

resource "aws_secretsmanager_secret" "role" {
  for_each = local.roles

  name                    = "${var.name}/postgres/atlas_${each.key}"
  description             = "Password of the database role atlas_${each.key}, on every shard"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "role" {
  for_each = local.roles

  secret_id                = aws_secretsmanager_secret.role[each.key].id
  secret_string_wo         = ephemeral.random_password.role[each.key].result
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "role" {
  for_each = local.roles

  secret_id = aws_secretsmanager_secret_version.role[each.key].secret_id
}

ephemeral "aws_secretsmanager_secret_version" "master" {
  for_each = local.shards

  secret_id = var.master_secret_arns[each.key]
}

# ATLAS_SHARDS of each command: the same servers, each with the login of its role.
resource "aws_secretsmanager_secret" "shards" {
  for_each = toset(["migrate", "serve", "replicate"])

  name                    = "${var.name}/shards/${each.key}"
  description             = "ATLAS_SHARDS of atlas ${each.key}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "shards" {
  for_each = aws_secretsmanager_secret.shards

  secret_id                = each.value.id
  secret_string_wo         = local.shards_json[each.key]
  secret_string_wo_version = local.servers_version
}
