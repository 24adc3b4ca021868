class Hrm < Formula
  desc "Runs small reasoning networks (HRM, TRM) on puzzles"
  homepage "@HOME@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    url "@ADDRESS@/hrm-@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@MAC@"
  end
  on_linux do
    on_intel do
      url "@ADDRESS@/hrm-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@LINUX@"
    end
    on_arm do
      url "@ADDRESS@/hrm-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@LINUX_ARM@"
    end
  end

  def install
    bin.install "hrm", "hrm-app"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/bash/hrm"
    zsh_completion.install "completions/zsh/_hrm"
    fish_completion.install "completions/fish/hrm.fish"
  end

  test do
    puzzle = "7...5498.2..9781.649.6.2.37847.2....9.24...78..5.8.4.1..9547..3.2.8.371..7..61..5"
    assert_match "\"valid\":true", shell_output("#{bin}/hrm solve --json --device cpu #{puzzle}")
  end
end
