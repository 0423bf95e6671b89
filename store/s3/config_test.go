package s3

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// asked tells which credentials a configuration gives.
func asked(t *testing.T, c Config) string {
	t.Helper()
	v, err := c.credentials().GetWithContext(nil) //nolint:staticcheck // nil is the library's own default
	if err != nil {
		t.Fatal(err)
	}
	return v.AccessKeyID + " " + v.SecretAccessKey + " " + v.SessionToken
}

// The environment comes before the file, a profile before the default one.
func TestCredentialsAsAWSToolsFindThem(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".aws", "credentials")
	if err := os.Mkdir(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	text := "[default]\naws_access_key_id = a\naws_secret_access_key = b\n[work]\naws_access_key_id = c\naws_secret_access_key = d\naws_session_token = e\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env  []string
		home string
		want string
	}{
		{nil, home, "a b "},
		{[]string{"AWS_PROFILE=work"}, home, "c d e"},
		{[]string{"AWS_PROFILE=work", "AWS_SHARED_CREDENTIALS_FILE=" + file}, "", "c d e"},
		{[]string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_PROFILE=work"}, home, "x y "},
		{[]string{"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_SESSION_TOKEN=z"}, "", "x y z"},
	} {
		e := append(test.env, "AWS_EC2_METADATA_DISABLED=true")
		if got := asked(t, ConfigFromEnv(env(e...), test.home)); got != test.want {
			t.Errorf("%q: %q, want %q", test.env, got, test.want)
		}
	}
}

func TestConfigFromEnv(t *testing.T) {
	c := ConfigFromEnv(env("AWS_ENDPOINT_URL=http://a:1", "AWS_DEFAULT_REGION=r"), "")
	if c.Endpoint != "http://a:1" || c.Region != "r" || c.NoRoles {
		t.Errorf("%+v", c)
	}
	c = ConfigFromEnv(env("AWS_ENDPOINT_URL=http://a:1", "AWS_ENDPOINT_URL_S3=http://b:2", "AWS_REGION=q", "AWS_DEFAULT_REGION=r",
		"AWS_WEB_IDENTITY_TOKEN_FILE=/token", "AWS_ROLE_ARN=arn", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://c"), "")
	if c.Endpoint != "http://b:2" || c.Region != "q" || c.Roles.EKSIdentity.TokenFile != "/token" || c.Roles.EKSIdentity.RoleARN != "arn" || c.Roles.Container.CredentialsFullURI != "http://c" {
		t.Errorf("%+v", c)
	}
}

func TestOpen(t *testing.T) {
	c := Config{Endpoint: "http://127.0.0.1:1", Key: "k", Secret: "s", Transport: http.DefaultTransport}
	for address, want := range map[string][2]string{
		"s3://bucket": {"s3://bucket", "s3://bucket/x"}, "s3://bucket/": {"s3://bucket", "s3://bucket/x"},
		"s3://bucket/a/b/": {"s3://bucket/a/b", "s3://bucket/a/b/x"},
	} {
		f, err := Open(address, c)
		if err != nil || f.Path("") != want[0] || f.Path("x") != want[1] {
			t.Errorf("%s: %v, %v", address, f, err)
		}
	}
	for _, address := range []string{"s3://", "s3:///a", "http://a", "s3://a?b", "s3://a#b", "bucket"} {
		if f, err := Open(address, c); err == nil {
			t.Errorf("%s: %v", address, f)
		}
	}
	for _, endpoint := range []string{"127.0.0.1:9000", "ftp://a", "http://a/b", "http://"} {
		c.Endpoint = endpoint
		if _, err := Open("s3://bucket", c); err == nil || !strings.Contains(err.Error(), endpoint) {
			t.Errorf("endpoint %s: %v", endpoint, err)
		}
	}
}
