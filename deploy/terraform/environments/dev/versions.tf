terraform {
  # Write-only arguments, with which no password enters the state, need 1.11.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.7.2"
    }
  }

  # terraform init -backend-config="bucket=…" -backend-config="region=…": the bucket has versions and is private. S3 itself locks the state.
  backend "s3" {
    key          = "atlas/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      application = "atlas"
      environment = "dev"
      managed-by  = "terraform"
    }
  }
}
