resource "aws_lb" "yard" {
  name               = "yard"
  load_balancer_type = "application"
  subnets            = module.vpc.public_subnets
  security_groups    = [aws_security_group.lb.id]
  idle_timeout       = 3600
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.yard.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.yard.arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.nginx.arn
  }
}

resource "aws_lb_target_group" "nginx" {
  name     = "yard-nginx"
  port     = 80
  protocol = "HTTP"
  vpc_id   = module.vpc.vpc_id
}
